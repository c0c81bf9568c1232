use sealkit::task;

#[task]
fn count<'a>(name: &'a str) -> sealkit::Result<usize> {
    Ok(name.len())
}

fn main() {}
