use sealkit::task;

#[task(env = [("LOG_LEVEL", "info")])]
fn report() -> sealkit::Result<()> {
    Ok(())
}

fn main() {}
