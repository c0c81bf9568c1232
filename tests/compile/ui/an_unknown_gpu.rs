use sealkit::task;

#[task(resources = Resources(gpu = "a100:2"))]
fn report() -> sealkit::Result<()> {
    Ok(())
}

fn main() {}
