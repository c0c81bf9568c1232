use sealkit::task;

#[task(timeout = "90s")]
fn t1() -> sealkit::Result<()> {
    Ok(())
}

fn main() {}
