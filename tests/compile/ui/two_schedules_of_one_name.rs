use sealkit::task;

#[task(schedule = [Cron("@daily"), FixedRate("15m")])]
fn report() -> sealkit::Result<()> {
    Ok(())
}

fn main() {}
