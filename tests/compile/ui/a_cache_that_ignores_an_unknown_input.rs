use sealkit::task;

#[task(cache = Cache("v1", ignored_inputs = ["verbos"]))]
fn report(verbose: bool) -> sealkit::Result<bool> {
    Ok(verbose)
}

fn main() {}
