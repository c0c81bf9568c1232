use sealkit::task;

#[task(schedule = Cron(timezone = "UTC"))]
fn report() -> sealkit::Result<()> {
    Ok(())
}

fn main() {}
