use sealkit::task;

struct MyError;

impl From<sealkit::Error> for MyError {
    fn from(_: sealkit::Error) -> Self {
        Self
    }
}

#[task]
fn report() -> Result<(), MyError> {
    Ok(())
}

fn main() {}
