use sealkit::task;

#[task(secret_requests = [Secret(mount_requirement = FILE)])]
fn report() -> sealkit::Result<()> {
    Ok(())
}

fn main() {}
