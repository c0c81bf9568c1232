use sealkit::{current_context, task};

#[task(secret_requests = [Secret(key = "token", mount_requirement = ENV_VAR)])]
fn report() -> sealkit::Result<()> {
    current_context().secrets().get_secrets_file("token").map(drop)
}

fn main() {}
