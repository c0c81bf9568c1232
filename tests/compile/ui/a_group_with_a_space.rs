use sealkit::task;

#[task(secret_requests = [Secret(key = "dsn", group = "my group")])]
fn report() -> sealkit::Result<()> {
    Ok(())
}

fn main() {}
