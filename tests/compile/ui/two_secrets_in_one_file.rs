use sealkit::task;

#[task(secret_requests = [
    Secret(key = "cert", mount_requirement = FILE),
    Secret(key = "CERT", mount_requirement = FILE),
])]
fn report() -> sealkit::Result<()> {
    Ok(())
}

fn main() {}
