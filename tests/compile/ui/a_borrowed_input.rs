use sealkit::task;

#[task]
fn length(name: &str) -> sealkit::Result<usize> {
    Ok(name.len())
}

fn main() {}
