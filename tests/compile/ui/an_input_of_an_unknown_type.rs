use sealkit::task;

#[task]
fn length(table: Table) -> sealkit::Result<()> {
    Ok(drop(table))
}

fn main() {}
