use sealkit::task;

#[task(schedule = FixedRate("90s"))]
fn report() -> sealkit::Result<()> {
    Ok(())
}

fn main() {}
