use sealkit::SecretValue;

#[derive(serde::Serialize)]
struct Config {
    token: SecretValue,
}

fn main() {}
