use sealkit::{current_context, task};

#[task(secret_requests = [Secret(key = "my_token")])]
fn report() -> sealkit::Result<()> {
    current_context().secrets().group("api").get("my_token").map(drop)
}

fn main() {}
