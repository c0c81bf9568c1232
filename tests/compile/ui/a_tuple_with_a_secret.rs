use sealkit::{SecretValue, task};

#[task]
fn report() -> sealkit::Result<(i64, SecretValue)> {
    todo!()
}

fn main() {}
