use sealkit::task;

#[task(name = "a", name = "b")]
fn report() -> sealkit::Result<()> {
    Ok(())
}

fn main() {}
