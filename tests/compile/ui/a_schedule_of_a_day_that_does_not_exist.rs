use sealkit::task;

#[task(schedule = Cron("0 0 31 4 *"))]
fn report() -> sealkit::Result<()> {
    Ok(())
}

fn main() {}
