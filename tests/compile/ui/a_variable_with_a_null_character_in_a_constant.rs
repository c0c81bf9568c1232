use sealkit::task;

const MODE: &str = "x\0y";

#[task(env = {"LEVEL" = "info", "MODE" = MODE})]
fn report() -> sealkit::Result<()> {
    Ok(())
}

fn main() {}
