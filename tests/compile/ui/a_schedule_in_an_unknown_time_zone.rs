use sealkit::task;

#[task(schedule = Cron("@daily", timezone = "Europe/Berlni"))]
fn report() -> sealkit::Result<()> {
    Ok(())
}

fn main() {}
