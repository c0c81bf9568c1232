use sealkit::{SecretValue, task};

#[task]
fn login(password: SecretValue) -> sealkit::Result<bool> {
    Ok(password.expose().is_empty())
}

fn main() {}
