use sealkit::task;

#[task(requests = Resources(cpu = 2))]
fn report() -> sealkit::Result<()> {
    Ok(())
}

fn main() {}
