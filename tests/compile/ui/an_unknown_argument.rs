use sealkit::task;

#[task(color = "red")]
fn report() -> sealkit::Result<()> {
    Ok(())
}

fn main() {}
