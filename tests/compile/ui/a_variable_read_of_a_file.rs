use sealkit::{current_context, task};

#[task(secret_requests = [Secret(key = "cert", mount_requirement = FILE)])]
fn report() -> sealkit::Result<()> {
    current_context().secrets().get_secrets_env_var("cert").map(drop)
}

fn main() {}
