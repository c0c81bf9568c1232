use sealkit::task;

#[task]
fn count<T: sealkit::TaskType>(rows: Vec<T>) -> sealkit::Result<usize> {
    Ok(rows.len())
}

fn main() {}
