use sealkit::SecretValue;

fn same(a: &SecretValue, b: &SecretValue) -> bool {
    a == b
}

fn main() {}
