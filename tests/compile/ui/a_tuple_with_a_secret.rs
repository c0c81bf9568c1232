use sealkit::{SecretValue, current_context, task};

#[task(secret_requests = ["k"])]
fn report() -> sealkit::Result<(i64, SecretValue)> {
    Ok((1, current_context().secrets().get("k")?))
}

fn main() {}
