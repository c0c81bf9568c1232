use sealkit::task;

#[task(crate = sealkit)]
fn report() -> sealkit::Result<()> {
    Ok(())
}

fn main() {}
