use sealkit::task;

#[task(secret_requests = [Secret(key = "a/b")])]
fn report() -> sealkit::Result<()> {
    Ok(())
}

fn main() {}
