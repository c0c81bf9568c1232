use sealkit::task;

#[task(schedule = Cron("@daily", timezone = "UTC+1:00"))]
fn report() -> sealkit::Result<()> {
    Ok(())
}

fn main() {}
