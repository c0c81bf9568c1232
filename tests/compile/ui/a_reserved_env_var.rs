use sealkit::task;

#[task(secret_requests = [Secret(key = "token", env_var = "PATH")])]
fn report() -> sealkit::Result<()> {
    Ok(())
}

fn main() {}
