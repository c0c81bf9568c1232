use sealkit::task;

#[task(pod_template = "gpu")]
fn report() -> sealkit::Result<()> {
    Ok(())
}

fn main() {}
