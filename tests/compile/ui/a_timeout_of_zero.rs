use sealkit::task;

#[task(timeout = 0)]
fn t1() -> sealkit::Result<()> {
    Ok(())
}

fn main() {}
