use sealkit::task;

#[task(env = {"LOG_LEVEL" = "info", "LOG_LEVEL" = "debug"})]
fn report() -> sealkit::Result<()> {
    Ok(())
}

fn main() {}
