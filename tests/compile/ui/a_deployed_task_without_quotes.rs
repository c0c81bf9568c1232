use sealkit::task;

#[task(deployed = score)]
fn score() -> sealkit::Result<()> {
    Ok(())
}

fn main() {
    let _ = score();
}
