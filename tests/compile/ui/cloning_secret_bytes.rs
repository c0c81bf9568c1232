use sealkit::SecretBytes;

fn copy(token: &SecretBytes) -> SecretBytes {
    token.clone()
}

fn main() {}
