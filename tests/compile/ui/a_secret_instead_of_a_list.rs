use sealkit::task;

#[task(secret_requests = Secret(key = "token"))]
fn report() -> sealkit::Result<()> {
    Ok(())
}

fn main() {}
