use sealkit::SecretValue;

fn sort(tokens: &mut [SecretValue]) {
    tokens.sort();
}

fn main() {}
