use sealkit::{current_context, task};

#[task(secret_requests = [Secret(key = "dsn", group = "orders")])]
fn report() -> sealkit::Result<()> {
    current_context().secrets().group("users").get("dsn").map(drop)
}

fn main() {}
