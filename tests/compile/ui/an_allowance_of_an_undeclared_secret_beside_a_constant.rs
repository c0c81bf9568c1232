use sealkit::{Secret, task};

const SHARED: Secret = Secret::new("k");

#[task(secret_requests = [SHARED], allow_secret_in(output = "o0", secret = "kk", because = "a test"))]
fn t1() -> sealkit::Result<()> {
    Ok(())
}

fn main() {}
