use sealkit::task;

#[task(secret_requests = [Secret("token")])]
fn report() -> sealkit::Result<()> {
    Ok(())
}

fn main() {}
