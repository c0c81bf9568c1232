use sealkit::task;

#[task(cache = "override")]
fn report() -> sealkit::Result<()> {
    Ok(())
}

fn main() {}
