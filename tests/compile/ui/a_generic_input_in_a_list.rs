use sealkit::task;

#[task]
fn count(rows: Vec<impl sealkit::TaskType>) -> sealkit::Result<usize> {
    Ok(rows.len())
}

fn main() {}
