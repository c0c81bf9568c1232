use sealkit::task;

#[task(cache = Cache(auto, max_age = "a week"))]
fn report() -> sealkit::Result<()> {
    Ok(())
}

fn main() {}
