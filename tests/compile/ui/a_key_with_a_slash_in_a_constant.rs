use sealkit::{Secret, task};

const BAD: Secret = Secret::new("a/b");

#[task(secret_requests = [BAD])]
fn report() -> sealkit::Result<()> {
    Ok(())
}

fn main() {}
