use sealkit::task;

#[task(secrets = [Secret(key = "my_token")])]
fn report() -> sealkit::Result<()> {
    Ok(())
}

fn main() {}
