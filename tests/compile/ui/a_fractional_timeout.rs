use sealkit::task;

#[task(timeout = 1.5)]
fn t1() -> sealkit::Result<()> {
    Ok(())
}

fn main() {}
