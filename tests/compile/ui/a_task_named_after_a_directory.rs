use sealkit::task;

#[task(name = "..")]
fn report() -> sealkit::Result<()> {
    Ok(())
}

fn main() {}
