use sealkit::task;

#[task]
fn report() {}

fn main() {}
