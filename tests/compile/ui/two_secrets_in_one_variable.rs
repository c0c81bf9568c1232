use sealkit::task;

#[task(secret_requests = [Secret(key = "my-key"), Secret(key = "my_key")])]
fn report() -> sealkit::Result<()> {
    Ok(())
}

fn main() {}
