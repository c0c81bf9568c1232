use sealkit::task;

#[derive(Debug)]
struct MyError;

impl std::fmt::Display for MyError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("mine")
    }
}

#[task]
fn report() -> Result<(), MyError> {
    Ok(())
}

fn main() {}
