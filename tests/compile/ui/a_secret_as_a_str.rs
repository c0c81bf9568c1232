use sealkit::SecretValue;

fn send(token: &str) -> usize {
    token.len()
}

fn call(token: &SecretValue) -> usize {
    send(token)
}

fn main() {}
