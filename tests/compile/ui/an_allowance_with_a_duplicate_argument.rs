use sealkit::task;

#[task(secret_requests = [Secret(key = "k")], allow_secret_in(output = "o0", secret = "k", secret = "l", because = "a test"))]
fn t1() -> sealkit::Result<()> {
    Ok(())
}

fn main() {}
