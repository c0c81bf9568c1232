use sealkit::task;

#[task(container_image = "ghcr.io/acme/reports:1")]
fn report() -> sealkit::Result<()> {
    Ok(())
}

fn main() {}
