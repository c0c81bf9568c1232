use sealkit::task;

#[task]
fn count(rows: impl sealkit::TaskType) -> sealkit::Result<()> {
    Ok(drop(rows))
}

fn main() {}
