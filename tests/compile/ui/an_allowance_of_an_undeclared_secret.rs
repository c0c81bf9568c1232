use sealkit::task;

#[task(secret_requests = [Secret(key = "k", group = "db")], allow_secret_in(output = "o0", secret = "db/kk", because = "a test"))]
fn t1() -> sealkit::Result<()> {
    Ok(())
}

fn main() {}
