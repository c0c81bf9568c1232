use sealkit::task;

#[task(resources = Resources(memory = "2Gi..1Gi"))]
fn report() -> sealkit::Result<()> {
    Ok(())
}

fn main() {}
