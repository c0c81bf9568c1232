use sealkit::task;

fn key() -> &'static str {
    "token"
}

#[task(secret_requests = [Secret(key = key())])]
fn report() -> sealkit::Result<()> {
    Ok(())
}

fn main() {}
