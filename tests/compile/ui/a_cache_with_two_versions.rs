use sealkit::task;

#[task(cache = Cache("v1", version_override = "v2"))]
fn report() -> sealkit::Result<()> {
    Ok(())
}

fn main() {}
