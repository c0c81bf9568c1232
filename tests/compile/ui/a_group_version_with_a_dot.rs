use sealkit::task;

#[task(secret_requests = [Secret(key = "dsn", group = "db", group_version = "1.0")])]
fn report() -> sealkit::Result<()> {
    Ok(())
}

fn main() {}
