use sealkit::task;

#[task(schedule = Cron("*/90 * * * *"))]
fn report() -> sealkit::Result<()> {
    Ok(())
}

fn main() {}
