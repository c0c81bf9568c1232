use sealkit::task;

#[task(secret_request = [Secret(key = "token")])]
fn report() -> sealkit::Result<()> {
    Ok(())
}

fn main() {}
