use sealkit::task;

#[task(secret_requests = ["db/password"])]
fn report() -> sealkit::Result<()> {
    Ok(())
}

fn main() {}
