use sealkit::task;

#[task]
extern "C" fn report() -> sealkit::Result<()> {
    Ok(())
}

fn main() {}
