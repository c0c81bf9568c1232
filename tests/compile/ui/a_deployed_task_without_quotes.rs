use sealkit::task;

#[task(deployed = score)]
fn score() -> sealkit::Result<()>;

fn main() {
    let _ = score();
}
