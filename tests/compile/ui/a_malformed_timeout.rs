use sealkit::task;

#[task(timeout = "90")]
fn t1() -> sealkit::Result<()> {
    Ok(())
}

fn main() {}
