use sealkit::task;

#[task(schedule = [Cron("@daily"), FixedRate("15m", name = "schedule")])]
fn report() -> sealkit::Result<()> {
    Ok(())
}

fn main() {}
