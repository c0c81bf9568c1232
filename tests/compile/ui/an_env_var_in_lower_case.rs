use sealkit::task;

#[task(secret_requests = [Secret(key = "token", env_var = "hf_token")])]
fn report() -> sealkit::Result<()> {
    Ok(())
}

fn main() {}
