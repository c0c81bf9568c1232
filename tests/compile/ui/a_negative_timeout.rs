use sealkit::task;

#[task(timeout = Timeout(max_runtime = -5))]
fn t1() -> sealkit::Result<()> {
    Ok(())
}

fn main() {}
