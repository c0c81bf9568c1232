use sealkit::task;

#[task]
fn größe() -> sealkit::Result<()> {
    Ok(())
}

fn main() {}
