use sealkit::task;

#[task(timeout = Timeout())]
fn t1() -> sealkit::Result<()> {
    Ok(())
}

fn main() {}
