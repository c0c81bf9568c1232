use sealkit::task;

#[task(secret_requests = [Secret(key = "cert", mount_requirement = FIEL)])]
fn report() -> sealkit::Result<()> {
    Ok(())
}

fn main() {}
