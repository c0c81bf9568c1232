use sealkit::task;

#[task(secret_requests = [Secret(key = "cert", mount = FILE)])]
fn report() -> sealkit::Result<()> {
    Ok(())
}

fn main() {}
