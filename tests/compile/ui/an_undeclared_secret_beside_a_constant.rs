use sealkit::{Secret, current_context, task};

const TOKEN: Secret = Secret::new("token");

#[task(secret_requests = [TOKEN])]
fn report() -> sealkit::Result<()> {
    current_context().secrets().get("password").map(drop)
}

fn main() {}
