//! A task whose secrets are guarded in different modes.

use std::process::ExitCode;

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

fn main() -> ExitCode {
    sealkit::main()
}
