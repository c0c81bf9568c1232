use sealkit::task;

#[task(cache = Cache(max_age = "1h"))]
fn report() -> sealkit::Result<()> {
    Ok(())
}

fn main() {}
