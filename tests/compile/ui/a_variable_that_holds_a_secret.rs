use sealkit::task;

#[task(
    secret_requests = [Secret(key = "token", mount_requirement = ENV_VAR, env_var = "HF_TOKEN")],
    env = {"HF_TOKEN" = "none"},
)]
fn report() -> sealkit::Result<()> {
    Ok(())
}

fn main() {}
