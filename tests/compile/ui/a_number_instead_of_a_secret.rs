use sealkit::task;

#[task(secret_requests = [5])]
fn report() -> sealkit::Result<()> {
    Ok(())
}

fn main() {}
