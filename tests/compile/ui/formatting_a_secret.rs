use sealkit::SecretValue;

fn header(token: &SecretValue) -> String {
    format!("Bearer {token}")
}

fn main() {}
