use sealkit::task;

#[task]
const fn report() -> sealkit::Result<()> {
    Ok(())
}

fn main() {}
