use sealkit::task;

#[task]
fn report() -> impl Into<sealkit::Result<()>> {
    Ok(())
}

fn main() {}
