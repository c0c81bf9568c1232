use sealkit::task;

#[task(resources = Resources(memry = "2Gi", cpu = "500m"))]
fn train() -> sealkit::Result<()> {
    Ok(())
}

fn main() {}
