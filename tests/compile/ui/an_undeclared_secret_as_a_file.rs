use sealkit::{current_context, task};

#[task(secret_requests = [Secret(key = "my_secret")])]
fn report() -> sealkit::Result<()> {
    current_context().secrets().get_secrets_file("password").map(drop)
}

fn main() {}
