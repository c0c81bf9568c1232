use sealkit::SecretValue;

fn length(token: &SecretValue) -> usize {
    token.as_ref().len()
}

fn main() {}
