use sealkit::task;

#[task(cache = Cache("v1", salt = "s"))]
fn report() -> sealkit::Result<()> {
    Ok(())
}

fn main() {}
