use sealkit::task;

#[task(secret_requests = [Secret(key = "")])]
fn report() -> sealkit::Result<()> {
    Ok(())
}

fn main() {}
