use sealkit::task;

struct Job;

#[task]
fn report(job: Job) -> sealkit::Result<()> {
    drop(job);
    Ok(())
}

fn main() {}
