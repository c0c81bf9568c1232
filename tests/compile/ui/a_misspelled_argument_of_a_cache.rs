use sealkit::task;

#[task(cache = Cache(auto, maximum_age = "1h"))]
fn report() -> sealkit::Result<()> {
    Ok(())
}

fn main() {}
