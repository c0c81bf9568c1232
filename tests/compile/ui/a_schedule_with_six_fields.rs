use sealkit::task;

#[task(schedule = Cron("0 0 9 * * *"))]
fn report() -> sealkit::Result<()> {
    Ok(())
}

fn main() {}
