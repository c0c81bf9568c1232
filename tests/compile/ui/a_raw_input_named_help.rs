use sealkit::task;

#[task]
fn explain(r#help: String) -> sealkit::Result<String> {
    Ok(help)
}

fn main() {}
