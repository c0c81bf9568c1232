use sealkit::task;

#[task(secret_requests = [Secret(key = "cert", mount_requirement = Secret.MountType.FILE)])]
fn report() -> sealkit::Result<()> {
    Ok(())
}

fn main() {}
