use sealkit::{current_context, task};

#[task(secret_requests = [Secret(key = "my_token", group = "api")])]
fn report() -> sealkit::Result<()> {
    current_context().secrets().get("api/my_token").map(drop)
}

fn main() {}
