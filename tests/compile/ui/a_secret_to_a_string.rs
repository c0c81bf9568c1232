use sealkit::SecretValue;

fn text(token: &SecretValue) -> String {
    token.to_string()
}

fn main() {}
