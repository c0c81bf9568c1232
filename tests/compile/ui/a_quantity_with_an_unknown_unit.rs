use sealkit::task;

#[task(resources = Resources(cpu = 2, memory = "2GB"))]
fn train() -> sealkit::Result<()> {
    Ok(())
}

fn main() {}
