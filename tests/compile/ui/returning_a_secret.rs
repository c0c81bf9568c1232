use sealkit::{SecretValue, current_context, task};

#[task(secret_requests = [Secret(key = "my_secret")])]
fn leak() -> sealkit::Result<SecretValue> {
    current_context().secrets().get("my_secret")
}

fn main() {}
