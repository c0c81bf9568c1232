use sealkit::task;

struct Failed;

#[task]
fn report() -> Result<(), Failed> {
    Err(Failed)
}

fn main() {}
