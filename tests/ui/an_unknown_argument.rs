use sealkit::task;

#[task(retries = 3)]
fn report() -> sealkit::Result<()> {
    Ok(())
}

fn main() {}
