use sealkit::task;

#[task(service_account = "Reader")]
fn report() -> sealkit::Result<()> {
    Ok(())
}

fn main() {}
