use sealkit::task;

#[task(schedule = Cron("@daily"))]
fn report(rows: i64, limit: Option<i64>, #[default(3)] days: i64) -> sealkit::Result<()> {
    drop((rows, limit, days));
    Ok(())
}

fn main() {}
