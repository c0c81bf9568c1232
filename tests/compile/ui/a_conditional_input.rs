use sealkit::task;

#[task]
fn length(#[cfg(unix)] name: String) -> sealkit::Result<usize> {
    Ok(name.len())
}

fn main() {}
