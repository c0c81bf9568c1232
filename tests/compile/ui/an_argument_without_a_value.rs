use sealkit::task;

#[task(secret_requests)]
fn report() -> sealkit::Result<()> {
    Ok(())
}

fn main() {}
