use sealkit::task;

#[task]
fn report(#[default] rows: i64) -> sealkit::Result<()> {
    drop(rows);
    Ok(())
}

fn main() {}
