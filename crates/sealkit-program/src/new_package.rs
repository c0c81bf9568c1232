//! New packages with a task and a workflow.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Stdio,
};

use toml::Value;

use crate::{
    cargo::{cannot_start_cargo, cargo},
    error::{Error, Result},
    sealkit_source,
};

const PROGRAM: &str = r#"use sealkit::{current_context, task, workflow};

/// Reads a secret and returns its length.
#[task(secret_requests = [Secret(key = "my_secret")])]
fn t1() -> sealkit::Result<usize> {
    Ok(current_context().secrets().get("my_secret")?.expose().len())
}

#[workflow(name = "main", calls = [t1])]
fn pipeline() -> sealkit::Result<usize> {
    t1()
}

fn main() -> std::process::ExitCode {
    sealkit::main()
}
"#;

/// The empty table of dependencies in a new manifest. Tables of the workspace may follow it.
const DEPENDENCIES: &str = "[dependencies]\n";
/// The feature for pods on a cluster.
const FEATURES: &str = r#"
[features]
cluster = ["sealkit/cluster"]
"#;

/// Without optimization, the search for secrets in outputs and files takes a hundred times as long.
const PROFILE: &str = r"
[profile.dev.package.sealkit-guard]
opt-level = 3
";

/// Creates the directory `path` with a package that is named after it, and returns the path of its source file. `sealkit` is the
/// directory of the crate, instead of the sources that this command was built from.
///
/// # Errors
///
/// Returns an error if the directory exists already, or cargo does not accept the name.
pub fn create_package(path: &Path, sealkit: Option<&Path>) -> Result<PathBuf> {
    let sealkit = sealkit_source::find(sealkit)?;
    if path.symlink_metadata().is_ok() {
        return Err(
            Error::usage(format!("`{}` exists already", path.display())).with_hint("choose another name")
        );
    }
    let name = path.file_name().unwrap_or_default();
    if let Some((taken, _)) = sealkit_source::dependencies(&sealkit).iter().find(|(taken, _)| *taken == name)
    {
        let message = format!("cannot create `{}`: it depends on the crate `{taken}`", path.display());
        return Err(Error::usage(message).with_hint("choose another name"));
    }
    let mut command = cargo();
    command.args(["new", "--quiet", "--bin", "--vcs", "none", "--"]).arg(path);
    let output = command.stdin(Stdio::null()).output().map_err(cannot_start_cargo)?;
    if !output.status.success() {
        return Err(refused(path, &String::from_utf8_lossy(&output.stderr)));
    }
    let (manifest, source) = (path.join("Cargo.toml"), path.join("src/main.rs"));
    let dependencies = sealkit_source::dependencies(&sealkit)
        .map(|(name, dependency)| format!("{name} = {}\n", Value::Table(dependency)));
    // Cargo takes profiles from the root of a workspace only.
    let profile = if is_workspace_root(&manifest) { PROFILE } else { "" };
    let write = || {
        let text = fs::read_to_string(&manifest)?;
        fs::write(
            &manifest,
            text.replacen(DEPENDENCIES, &(DEPENDENCIES.to_owned() + &dependencies.concat() + FEATURES), 1)
                + profile,
        )?;
        fs::write(path.join(".gitignore"), "/target\n")?;
        fs::write(&source, PROGRAM)
    };
    write().map_err(|error| Error::io(format!("cannot write to `{}`", path.display()), error))?;
    Ok(source)
}

fn is_workspace_root(manifest: &Path) -> bool {
    let mut command = cargo();
    command
        .args(["locate-project", "--workspace", "--message-format", "plain", "--manifest-path"])
        .arg(manifest);
    let root = command.stdin(Stdio::null()).stderr(Stdio::null()).output().map(|output| output.stdout);
    let root = root.ok().and_then(|root| String::from_utf8(root).ok());
    root.is_some_and(|root| Path::new(root.trim_end()).canonicalize().ok() == manifest.canonicalize().ok())
}

/// The error for a package that cargo does not create, with cargo's reason.
fn refused(path: &Path, stderr: &str) -> Error {
    let reason =
        stderr.lines().find_map(|line| line.strip_prefix("error: ")).unwrap_or("cargo gave no reason");
    Error::usage(format!("cannot create `{}`: {}", path.display(), sealkit_names::escape(reason)))
}
