use sealkit::task;

#[task(schedule = Cron("@daily", trigger_time_input = "day"))]
fn report(day: i64) -> sealkit::Result<()> {
    let _ = day;
    Ok(())
}

fn main() {
    let _ = report(1);
}
