use sealkit::task;

struct Job;

#[task]
fn fetch() -> sealkit::Result<Vec<Job>> {
    Ok(vec![Job])
}

fn main() {}
