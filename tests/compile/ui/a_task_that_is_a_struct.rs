use sealkit::task;

#[task]
struct Report;

fn main() {}
