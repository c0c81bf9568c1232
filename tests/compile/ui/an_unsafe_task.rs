use sealkit::task;

#[task]
unsafe fn report() -> sealkit::Result<()> {
    Ok(())
}

fn main() {}
