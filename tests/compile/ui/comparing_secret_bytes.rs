use sealkit::SecretBytes;

fn same(a: &SecretBytes, b: &SecretBytes) -> bool {
    a == b
}

fn main() {}
