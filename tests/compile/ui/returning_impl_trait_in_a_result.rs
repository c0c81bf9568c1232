use sealkit::task;

#[task]
fn report() -> sealkit::Result<impl sealkit::TaskType> {
    Ok(5)
}

fn main() {}
