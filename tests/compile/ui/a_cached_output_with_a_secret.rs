use sealkit::{current_context, task};

#[task(
    cache = "v1",
    secret_requests = ["token"],
    allow_secret_in(output = "o0", secret = "token", because = "the caller signs with it"),
)]
fn token() -> sealkit::Result<String> {
    Ok(current_context().secrets().get("token")?.expose().to_owned())
}

fn main() {}
