//! Tasks with unusual secret requests.

use std::{fs, process::ExitCode};

use sealkit::{current_context, task};

/// Prints and returns a line with three secrets: one that is none, one that is a word, and one that is a number.
#[task(secret_requests = [
    Secret(key = "warehouse", guard = "off"),
    Secret(key = "stage"),
    Secret(key = "pin", guard = "strict"),
])]
fn guards_in_modes(returned: String) -> anyhow::Result<String> {
    let secrets = current_context();
    let secrets = secrets.secrets();
    let [warehouse, stage, pin] = [secrets.get("warehouse")?, secrets.get("stage")?, secrets.get("pin")?];
    let (warehouse, stage, pin) = (warehouse.expose(), stage.expose(), pin.expose());
    println!("{warehouse}, {stage}d {stage}, 0{pin}0, {}", pin.len());
    Ok(match returned.as_str() {
        "warehouse" => warehouse.to_owned(),
        "stage" => format!("{stage}ed"),
        "pin" => pin.to_owned(),
        _ => format!("0{pin}0"),
    })
}

/// Returns the lengths of secrets of other secret managers: an ARN of AWS, a URI of Azure and a path of Vault.
#[task(secret_requests = [
    Secret(key = "password", group = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:prod/db-AbC123"),
    Secret(key = "uri_key", group = "https://my-vault.vault.azure.net/secrets/db"),
    Secret(key = "app", group = "secret/data/app", mount_requirement = FILE),
])]
fn managed_elsewhere() -> anyhow::Result<Vec<usize>> {
    let context = current_context();
    let password =
        context.secrets().group("arn:aws:secretsmanager:eu-west-1:123456789012:secret:prod/db-AbC123");
    let uri = context.secrets().group("https://my-vault.vault.azure.net/secrets/db");
    let file = context.secrets().group("secret/data/app").get_secrets_file("app")?;
    Ok(vec![
        password.get("password")?.expose().len(),
        uri.get("uri_key")?.expose().len(),
        fs::read(file)?.len(),
    ])
}

fn main() -> ExitCode {
    sealkit::main()
}
