use sealkit::task;

#[task]
fn explain(help: String) -> sealkit::Result<String> {
    Ok(help)
}

fn main() {}
