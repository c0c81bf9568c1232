use sealkit::task;

#[task(secret_requests = [Secret(key = "cert", key = "key")])]
fn report() -> sealkit::Result<()> {
    Ok(())
}

fn main() {}
