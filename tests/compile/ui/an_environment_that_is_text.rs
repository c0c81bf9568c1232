use sealkit::task;

#[task(environment = "etl")]
fn report() -> sealkit::Result<()> {
    Ok(())
}

fn main() {}
