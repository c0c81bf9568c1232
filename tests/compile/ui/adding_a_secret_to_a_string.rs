use sealkit::SecretValue;

fn text(token: &SecretValue) -> String {
    String::from("Bearer ") + token
}

fn main() {}
