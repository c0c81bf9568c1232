use sealkit::task;

#[task(secret_requests = [Secret(key = "pin", guard = "paranoid")])]
fn report() -> sealkit::Result<()> {
    Ok(())
}

fn main() {}
