use sealkit::task;

#[task(cache = true)]
fn report() -> sealkit::Result<()> {
    Ok(())
}

fn main() {}
