use sealkit::task;

#[task(secret_requests = [Secret(key = "cert") Secret(key = "key")])]
fn report() -> sealkit::Result<()> {
    Ok(())
}

fn main() {}
