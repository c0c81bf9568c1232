use sealkit::task;

#[task(cache_version = "1")]
fn report() -> sealkit::Result<()> {
    Ok(())
}

fn main() {}
