use sealkit::task;

#[task(secret_requests = [Secret()])]
fn report() -> sealkit::Result<()> {
    Ok(())
}

fn main() {}
