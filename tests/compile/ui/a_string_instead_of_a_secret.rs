use sealkit::task;

#[task(secret_requests = ["token"])]
fn report() -> sealkit::Result<()> {
    Ok(())
}

fn main() {}
