use sealkit::task;

#[task(env = {"LOG_LEVEL" = "info", "FLYTE_ATTEMPT_NUMBER" = "3"})]
fn report() -> sealkit::Result<()> {
    Ok(())
}

fn main() {}
