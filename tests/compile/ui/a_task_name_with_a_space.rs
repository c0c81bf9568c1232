use sealkit::task;

#[task(name = "my task")]
fn report() -> sealkit::Result<()> {
    Ok(())
}

fn main() {}
