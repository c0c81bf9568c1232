use sealkit::{Secret, current_context, task};

const TOKEN: Secret = Secret::new("token");

#[task(secret_requests = [TOKEN])]
fn report() -> sealkit::Result<()> {
    current_context().secrets().group("tls").get_secrets_file("cert").map(drop)
}

fn main() {}
