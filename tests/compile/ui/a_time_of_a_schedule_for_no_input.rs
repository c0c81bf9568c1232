use sealkit::task;

#[task(schedule = Cron("@daily", trigger_time_input = "dya"))]
fn report(day: std::time::SystemTime) -> sealkit::Result<()> {
    drop(day);
    Ok(())
}

fn main() {
    let _ = report(std::time::SystemTime::now());
}
