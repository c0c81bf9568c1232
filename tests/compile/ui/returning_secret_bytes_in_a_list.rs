use sealkit::{SecretBytes, current_context, task};

#[task(secret_requests = [Secret(key = "my_secret")])]
fn leak() -> sealkit::Result<Vec<SecretBytes>> {
    Ok(vec![current_context().secrets().get_bytes("my_secret")?])
}

fn main() {}
