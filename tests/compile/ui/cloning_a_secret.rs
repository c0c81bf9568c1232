use sealkit::SecretValue;

fn copy(token: &SecretValue) -> SecretValue {
    token.clone()
}

fn main() {}
