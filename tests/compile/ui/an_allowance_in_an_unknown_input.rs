use sealkit::task;

#[task(secret_requests = [Secret(key = "k")], allow_secret_in(input = "url", secret = "k", because = "a test"))]
fn t1() -> sealkit::Result<()> {
    Ok(())
}

fn main() {}
