use sealkit::{current_context, task};

#[task(secret_requests = [
    Secret(key = "dsn", group = "orders", mount_requirement = ENV_VAR, env_var = "ORDERS"),
    Secret(key = "dsn", group = "users", mount_requirement = ENV_VAR, env_var = "USERS"),
])]
fn report() -> sealkit::Result<()> {
    current_context().secrets().get_bytes("dns").map(drop)
}

fn main() {}
