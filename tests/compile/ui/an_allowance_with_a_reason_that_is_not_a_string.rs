use sealkit::task;

#[task(secret_requests = [Secret(key = "k")], allow_secret_in(output = "o0", secret = "k", because = 1))]
fn t1() -> sealkit::Result<()> {
    Ok(())
}

fn main() {}
