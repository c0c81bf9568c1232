use sealkit::{Secret, task};

const SECRETS: &[Secret] = &[Secret::new("token")];

#[task(secret_requests = SECRETS)]
fn report() -> sealkit::Result<()> {
    Ok(())
}

fn main() {}
