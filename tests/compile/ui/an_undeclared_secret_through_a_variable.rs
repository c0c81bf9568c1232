use sealkit::{current_context, task};

#[task(secret_requests = [Secret(key = "my_secret")])]
fn report() -> sealkit::Result<()> {
    let secrets = current_context().secrets();
    secrets.get("password").map(drop)
}

fn main() {}
