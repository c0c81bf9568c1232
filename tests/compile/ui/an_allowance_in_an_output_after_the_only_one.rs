use sealkit::{Result, task};

#[task(secret_requests = ["k"], allow_secret_in(output = "o7", secret = "k", because = "x"))]
fn load() -> Result<i64> {
    Ok(1)
}

fn main() {}
