use sealkit::{current_context, task};

#[task(secret_requests = [Secret(key = "my_secret")])]
fn report() -> sealkit::Result<()> {
    current_context().secrets().get("my/secret").map(drop)
}

fn main() {}
