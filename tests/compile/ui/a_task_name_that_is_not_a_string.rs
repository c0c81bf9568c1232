use sealkit::task;

#[task(name = report)]
fn report() -> sealkit::Result<()> {
    Ok(())
}

fn main() {}
