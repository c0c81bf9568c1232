use sealkit::{Secret, task};

const TOKEN: Secret = Secret::new("token");

#[task(secret_requests = [TOKEN, Secret(key = "token")])]
fn report() -> sealkit::Result<()> {
    Ok(())
}

fn main() {}
