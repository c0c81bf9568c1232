//! What is run: a source file, a target of the workspace, or a program.

use std::{
    env,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use serde::Deserialize;

use crate::error::{Error, Result};

/// How a program is built.
#[derive(Clone, Debug, Default)]
pub struct Build {
    /// Optimized.
    pub release: bool,
    /// With these features, in cargo's spelling.
    pub features: Vec<String>,
    /// The package that has the target, where several have one of this name.
    pub package: Option<String>,
}

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
    workspace_members: Vec<String>,
}

#[derive(Deserialize)]
struct Package {
    id: String,
    name: String,
    targets: Vec<Target>,
}

#[derive(Clone, Deserialize)]
struct Target {
    name: String,
    kind: Vec<String>,
    src_path: PathBuf,
}

#[derive(Deserialize)]
struct Message {
    #[serde(default)]
    executable: Option<PathBuf>,
    #[serde(default)]
    target: Option<Target>,
}

/// The program that `name` means, built if it is source code.
///
/// A `.rs` file is the source of a `bin` or `example` target. A name without a slash is such a target, and a path to anything
/// else is a program.
///
/// # Errors
///
/// When there is no such thing, or it cannot be built; cargo has said why.
pub fn find(name: &str, build: &Build) -> Result<PathBuf> {
    let path = Path::new(name);
    let is_source = path.extension().is_some_and(|extension| extension == "rs");
    if !is_source && (name.contains('/') || (path.is_file() && !Path::new("Cargo.toml").exists())) {
        return program(path);
    }
    let metadata = metadata(path, is_source)?;
    let (package, target) = choose(&metadata, name, is_source, build)?;
    compile(package, target, build)
}

/// A program that was built already.
fn program(path: &Path) -> Result<PathBuf> {
    let found = path.canonicalize().map_err(|error| Error::io(format!("`{}`", path.display()), error))?;
    if found.is_file() {
        return Ok(found);
    }
    Err(Error::usage(format!("`{}` is no program", path.display())))
}

fn cargo() -> Command {
    Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

fn metadata(path: &Path, is_source: bool) -> Result<Metadata> {
    let mut command = cargo();
    command.args(["metadata", "--format-version=1", "--no-deps"]);
    if is_source {
        let found = path.canonicalize().map_err(|error| {
            Error::io(format!("`{}`", path.display()), error)
                .with_hint("TARGET is a source file, the name of a target, or the path of a program")
        })?;
        // The workspace of the file, wherever we are.
        command.current_dir(found.parent().unwrap_or(Path::new("/")));
    }
    let output = command.stderr(Stdio::piped()).output();
    let output = output.map_err(|error| Error::io("`cargo` cannot be started", error))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        let said = said.trim().trim_start_matches("error: ").to_owned();
        return Err(
            Error::usage(said).with_hint("run it inside a cargo project, or give the path of a program")
        );
    }
    serde_json::from_slice(&output.stdout)
        .map_err(|error| Error::new(format!("`cargo metadata` is unreadable: {error}")))
}

/// The one target that is meant.
fn choose<'m>(
    metadata: &'m Metadata,
    name: &str,
    is_source: bool,
    build: &Build,
) -> Result<(&'m str, &'m Target)> {
    let source = is_source.then(|| Path::new(name).canonicalize().ok()).flatten();
    let members = metadata.packages.iter().filter(|package| metadata.workspace_members.contains(&package.id));
    let members = members.filter(|package| build.package.as_ref().is_none_or(|name| *name == package.name));
    let all: Vec<(&str, &Target)> = members
        .flat_map(|package| package.targets.iter().map(|target| (&*package.name, target)))
        .filter(|(_, target)| target.kind.iter().any(|kind| kind == "bin" || kind == "example"))
        .collect();
    let meant = |(_, target): &&(&str, &Target)| match &source {
        Some(source) => target.src_path.canonicalize().is_ok_and(|path| path == *source),
        None => target.name == name,
    };
    let found: Vec<_> = all.iter().filter(meant).collect();
    match found[..] {
        [one] => Ok(*one),
        // The same source under several names: the one that is called as it is.
        [first, ..] if is_source => {
            let stem = Path::new(name).file_stem().and_then(|stem| stem.to_str());
            Ok(**found.iter().find(|(_, target)| Some(&*target.name) == stem).unwrap_or(&first))
        }
        [] => {
            let near = sealkit_names::nearest(name, all.iter().map(|(_, target)| &*target.name));
            let names: Vec<&str> = all.iter().map(|(_, target)| &*target.name).collect();
            let what = if is_source {
                "the source of no `bin` or `example` target"
            } else {
                "no `bin` or `example` target"
            };
            Err(Error::usage(format!("`{name}` is {what} of this workspace")).with_hint(match near {
                Some(near) => format!("did you mean `{near}`?"),
                None if names.is_empty() => "it has no such targets".to_owned(),
                None => format!("it has {}", names.join(", ")),
            }))
        }
        [..] => {
            let packages: Vec<&str> = found.iter().map(|(package, _)| *package).collect();
            Err(Error::usage(format!("several packages have a target `{name}`: {}", packages.join(", ")))
                .with_hint(format!("choose one: --package {}", packages[0])))
        }
    }
}

fn compile(package: &str, target: &Target, build: &Build) -> Result<PathBuf> {
    let is_example = target.kind.iter().any(|kind| kind == "example");
    let mut command = cargo();
    command.args(["build", "--quiet", "--message-format=json-render-diagnostics", "--package", package]);
    command.args([if is_example { "--example" } else { "--bin" }, &target.name]);
    if build.release {
        command.arg("--release");
    }
    for features in &build.features {
        command.args(["--features", features]);
    }
    command.current_dir(target.src_path.parent().unwrap_or(Path::new("/")));
    let output = command.stdin(Stdio::null()).stderr(Stdio::inherit()).output();
    let output = output.map_err(|error| Error::io("`cargo` cannot be started", error))?;
    if !output.status.success() {
        return Err(Error::new(format!("`{}` does not compile", target.name)));
    }
    let messages = serde_json::Deserializer::from_slice(&output.stdout).into_iter::<Message>();
    let made = messages.flatten().filter(|message| {
        message
            .target
            .as_ref()
            .is_some_and(|built| built.name == target.name && built.src_path == target.src_path)
    });
    made.filter_map(|message| message.executable)
        .last()
        .ok_or_else(|| Error::new(format!("cargo has not told where the program of `{}` is", target.name)))
}
