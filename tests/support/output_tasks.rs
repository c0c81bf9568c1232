//! Tasks that print their secrets.

use std::{
    env, fs,
    io::{self, Write as _},
    process::Command,
    thread,
    time::Duration,
};

use sealkit::{current_context, task};

/// Prints its secrets in one of several ways, most of them without reading them through sealkit.
#[task(secret_requests = [
    Secret(key = "my_secret"),
    Secret(key = "token", env_var = "HF_TOKEN"),
    Secret(key = "my_file_secret", group = "certs", mount_requirement = FILE),
])]
fn prints_secrets(way: String) -> anyhow::Result<()> {
    let secrets = current_context();
    let secrets = secrets.secrets();
    match way.as_str() {
        "stdout" => println!("value: {}", secrets.get("my_secret")?.expose()),
        "stderr" => eprintln!("value: {}", secrets.get("my_secret")?.expose()),
        "variable" => println!("value: {}", env::var("HF_TOKEN")?),
        "file" => println!("value: {}", fs::read_to_string(secrets.get_secrets_file("my_file_secret")?)?),
        "child" => drop(Command::new("sh").args(["-c", "echo \"value: $HF_TOKEN\""]).status()?),
        "numbers" => println!("value: {:?}", secrets.get("my_secret")?.expose().as_bytes()),
        "slowly" => {
            print!("value: ");
            for byte in secrets.get("my_secret")?.expose().bytes() {
                io::stdout().write_all(&[byte])?;
                io::stdout().flush()?;
                thread::sleep(Duration::from_millis(70));
            }
        }
        "aborted" => {
            print!("value: {}", &secrets.get("my_secret")?.expose()[..9]);
            io::stdout().flush()?;
            std::process::abort();
        }
        _ => panic!("value: {}", env::var("HF_TOKEN")?),
    }
    Ok(())
}

/// Returns its open files but the standard ones, and the variable `NAME` of its environment.
#[task(secret_requests = [Secret(key = "token")])]
fn inherits(name: String) -> anyhow::Result<Vec<String>> {
    let files = fs::read_dir("/proc/self/fd")?.flatten().filter_map(|entry| {
        let number: u32 = entry.file_name().to_str()?.parse().ok()?;
        let target = fs::read_link(entry.path()).ok()?.to_string_lossy().into_owned();
        // Sockets and pipes to the engine.
        (number > 2 && target.starts_with('/') && !target.starts_with("/proc")).then_some(target)
    });
    Ok(files.chain(env::var(name)).collect())
}
