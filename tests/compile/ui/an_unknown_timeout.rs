use sealkit::task;

#[task(timeout = Timeout(max_queue_time = "1m"))]
fn t1() -> sealkit::Result<()> {
    Ok(())
}

fn main() {}
