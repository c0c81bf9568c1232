use sealkit::{current_context, task};

#[task(deployed = "model.score")]
fn score() -> sealkit::Result<usize> {
    Ok(current_context().secrets().get("my_secret")?.expose().len())
}

fn main() {
    let _ = score();
}
