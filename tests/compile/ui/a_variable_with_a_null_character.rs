use sealkit::task;

#[task(env = {"LEVEL" = "info", "MODE" = "x\0y"})]
fn report() -> sealkit::Result<()> {
    Ok(())
}

fn main() {}
