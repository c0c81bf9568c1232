use sealkit::task;

#[task(secret_requests = [Secret(key = 5)])]
fn report() -> sealkit::Result<()> {
    Ok(())
}

fn main() {}
