use sealkit::task;

#[task(secret_requests = [Secret(key = "k")], allow_secret_in)]
fn t1() -> sealkit::Result<()> {
    Ok(())
}

fn main() {}
