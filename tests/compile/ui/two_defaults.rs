use sealkit::task;

#[task]
fn report(#[default(1)] #[default(2)] rows: i64) -> sealkit::Result<()> {
    drop(rows);
    Ok(())
}

fn main() {}
