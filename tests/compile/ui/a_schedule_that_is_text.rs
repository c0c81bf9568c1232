use sealkit::task;

#[task(schedule = "0 9 * * *")]
fn report() -> sealkit::Result<()> {
    Ok(())
}

fn main() {}
