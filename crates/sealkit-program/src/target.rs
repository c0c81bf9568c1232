//! Target resolution: a source file, the name of a cargo target, or the path of a program.

use std::{
    env,
    io::{self, BufReader, IsTerminal as _, Read as _, Write as _},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
};

use serde::Deserialize;

use crate::{
    error::{Error, Result},
    platform::{Platform, Toolchain},
};

/// The options of `cargo build`.
#[derive(Clone, Debug, Default)]
pub struct BuildOptions {
    /// Whether to build with optimizations.
    pub release: bool,
    /// The features to enable, in cargo's syntax.
    pub features: Vec<String>,
    /// The package of the target, if several packages have a target of the same name.
    pub package: Option<String>,
    /// The platform of the cluster to build for, in place of this machine. The program is linked statically and can use object
    /// stores.
    pub platform: Option<Platform>,
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
    dependencies: Vec<Dependency>,
}

#[derive(Deserialize)]
struct Dependency {
    name: String,
    rename: Option<String>,
}

impl Package {
    /// Returns the feature of sealkit with which a pod on a cluster works, in cargo's syntax.
    fn cluster_feature(&self) -> Option<String> {
        let sealkit = self.dependencies.iter().find(|dependency| dependency.name == "sealkit")?;
        Some(format!("{}/cluster", sealkit.rename.as_ref().unwrap_or(&sealkit.name)))
    }
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

/// Resolves `target` to the path of a program, and builds it if it is a cargo target.
///
/// A `.rs` file is the source of a `bin` or `example` target, a name without a slash is the name of such a target, and any other
/// path is a program. On a terminal, cargo shows its progress; elsewhere, `notify` is called with the name of the target when cargo
/// starts to compile, and not if the program is up to date.
///
/// # Errors
///
/// Returns an error if the target does not exist or does not compile; cargo prints why.
pub fn resolve_target(target: &str, options: &BuildOptions, notify: &dyn Fn(&str)) -> Result<PathBuf> {
    let path = Path::new(target);
    let is_source = path.extension().is_some_and(|extension| extension == "rs");
    if !is_source && (target.contains('/') || (path.is_file() && !Path::new("Cargo.toml").exists())) {
        return program(path);
    }
    let metadata = metadata(path, is_source)?;
    let (package, target) = select(&metadata, target, is_source, options)?;
    build(package, target, options, notify)
}

/// Resolves the path of a program that exists already.
fn program(path: &Path) -> Result<PathBuf> {
    let program = path.canonicalize().map_err(|error| no_target(path, error))?;
    if program.is_file() {
        return Ok(program);
    }
    Err(Error::usage(format!("`{}` is not a program", path.display())))
}

fn no_target(path: &Path, error: io::Error) -> Error {
    let error = Error::io(format!("cannot open `{}`", path.display()), error);
    Error::usage(error.to_string())
        .with_hint("TARGET is a source file, the name of a cargo target, or the path of a program")
}

fn cargo() -> Command {
    Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

fn metadata(path: &Path, is_source: bool) -> Result<Metadata> {
    let mut command = cargo();
    command.args(["metadata", "--format-version=1", "--no-deps"]);
    if is_source {
        let source = path.canonicalize().map_err(|error| no_target(path, error))?;
        // The workspace of the file, which need not be that of the current directory.
        command.current_dir(source.parent().unwrap_or(Path::new("/")));
    }
    let output = command.stderr(Stdio::piped()).output().map_err(cannot_start_cargo)?;
    if !output.status.success() {
        let stderr = String::from_utf8_lossy(&output.stderr);
        let message = stderr.trim().trim_start_matches("error: ").to_owned();
        return Err(Error::usage(message)
            .with_hint("run the command in a cargo project, or use the path of a program as TARGET"));
    }
    serde_json::from_slice(&output.stdout)
        .map_err(|error| Error::new(format!("cannot read the output of `cargo metadata`: {error}")))
}

/// Selects the target by its source or its name.
fn select<'m>(
    metadata: &'m Metadata,
    name: &str,
    is_source: bool,
    options: &BuildOptions,
) -> Result<(&'m Package, &'m Target)> {
    let source = is_source.then(|| Path::new(name).canonicalize().ok()).flatten();
    let members = metadata.packages.iter().filter(|package| metadata.workspace_members.contains(&package.id));
    let members = members.filter(|package| options.package.as_ref().is_none_or(|name| *name == package.name));
    let all: Vec<(&Package, &Target)> = members
        .flat_map(|package| package.targets.iter().map(move |target| (package, target)))
        .filter(|(_, target)| target.kind.iter().any(|kind| kind == "bin" || kind == "example"))
        .collect();
    let matches = |(_, target): &&(&Package, &Target)| match &source {
        Some(source) => target.src_path.canonicalize().is_ok_and(|path| path == *source),
        None => target.name == name,
    };
    let matching: Vec<_> = all.iter().filter(matches).collect();
    match matching[..] {
        [one] => Ok(*one),
        // Several targets share the source: prefer the one that is named like the file.
        [first, ..] if is_source => {
            let stem = Path::new(name).file_stem().and_then(|stem| stem.to_str());
            Ok(**matching.iter().find(|(_, target)| Some(&*target.name) == stem).unwrap_or(&first))
        }
        [] => Err(no_such_target(name, is_source, &all)),
        [..] => {
            let packages: Vec<&str> = matching.iter().map(|(package, _)| &*package.name).collect();
            Err(Error::usage(format!("several packages have a target `{name}`: {}", packages.join(", ")))
                .with_hint(format!("select one: --package {}", packages[0])))
        }
    }
}

fn build(
    package: &Package,
    target: &Target,
    options: &BuildOptions,
    notify: &dyn Fn(&str),
) -> Result<PathBuf> {
    let is_example = target.kind.iter().any(|kind| kind == "example");
    let mut command = cargo();
    match options.platform {
        Some(platform) => {
            Toolchain::find(platform)?.apply_to(&mut command);
            command.args(package.cluster_feature().iter().flat_map(|feature| ["--features", feature]));
        }
        None => {
            command.arg("build");
        }
    }
    command.args(["--message-format=json-render-diagnostics", "--package", &package.name]);
    command.args([if is_example { "--example" } else { "--bin" }, &target.name]);
    if options.release {
        command.arg("--release");
    }
    for features in &options.features {
        command.args(["--features", features]);
    }
    command.current_dir(target.src_path.parent().unwrap_or(Path::new("/")));
    command.stdin(Stdio::null()).stdout(Stdio::piped());
    let has_terminal = io::stderr().is_terminal();
    let mut child = command
        .stderr(if has_terminal { Stdio::inherit() } else { Stdio::piped() })
        .spawn()
        .map_err(cannot_start_cargo)?;
    // Both pipes are read at the same time: cargo would block on a full one.
    let stdout = child.stdout.take();
    let messages = thread::spawn(move || {
        let mut messages = Vec::new();
        stdout.map_or(Ok(0), |mut stdout| stdout.read_to_end(&mut messages)).map(|_| messages)
    });
    if let Some(stderr) = child.stderr.take() {
        forward_diagnostics(BufReader::new(stderr), &target.name, notify);
    }
    let status = child.wait().map_err(cannot_start_cargo)?;
    let messages = messages.join().unwrap_or_else(|_| Ok(Vec::new())).map_err(cannot_start_cargo)?;
    if !status.success() {
        return Err(Error::new(format!("`{}` does not compile", target.name)));
    }
    executable(&messages, target)
}

/// Forwards cargo's warnings and errors without its status lines; `notify` is called for the first one of a compilation.
fn forward_diagnostics(mut stderr: impl io::BufRead, target: &str, notify: &dyn Fn(&str)) {
    const COMPILING: [&str; 5] = ["Updating", "Locking", "Downloading", "Downloaded", "Compiling"];
    const OTHER: [&str; 4] = ["Adding", "Finished", "Fresh", "Dirty"];
    let (mut line, mut is_notified) = (Vec::new(), false);
    while stderr.read_until(b'\n', &mut line).is_ok_and(|length| length > 0) {
        let text = String::from_utf8_lossy(&line);
        // Cargo aligns the verb of a status line to the right, in twelve columns.
        let verb = text.get(..12).filter(|_| text.starts_with("  ")).map(str::trim).unwrap_or_default();
        if COMPILING.contains(&verb) {
            if !is_notified {
                notify(target);
            }
            is_notified = true;
        } else if !OTHER.contains(&verb) {
            let _ = io::stderr().write_all(&line);
        }
        line.clear();
    }
}

/// Finds the path of the built program in cargo's messages.
fn executable(messages: &[u8], target: &Target) -> Result<PathBuf> {
    let messages = serde_json::Deserializer::from_slice(messages).into_iter::<Message>();
    let built = messages.flatten().filter(|message| {
        message
            .target
            .as_ref()
            .is_some_and(|built| built.name == target.name && built.src_path == target.src_path)
    });
    built
        .filter_map(|message| message.executable)
        .last()
        .ok_or_else(|| Error::new(format!("cargo did not report the path of `{}`", target.name)))
}

fn cannot_start_cargo(error: io::Error) -> Error {
    Error::io("cannot start `cargo`", error)
}

fn no_such_target(name: &str, is_source: bool, all: &[(&Package, &Target)]) -> Error {
    let names = || all.iter().map(|(_, target)| &*target.name);
    let message = if is_source {
        format!("`{name}` is not the source of a `bin` or `example` target of this workspace")
    } else {
        format!("this workspace has no `bin` or `example` target named `{name}`")
    };
    let hint = match sealkit_names::nearest(name, names()) {
        Some(near) => format!("did you mean `{near}`?"),
        None if all.is_empty() => "the workspace has no such targets".to_owned(),
        None => format!("the targets: {}", names().collect::<Vec<_>>().join(", ")),
    };
    Error::usage(message).with_hint(hint)
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;

    #[test]
    fn a_build_is_announced_once_and_only_if_something_is_compiled() {
        let announced = |stderr: &str| {
            let targets = RefCell::new(Vec::new());
            forward_diagnostics(stderr.as_bytes(), "demo", &|name| {
                targets.borrow_mut().push(name.to_owned());
            });
            targets.into_inner()
        };
        let finished = "    Finished `dev` profile [unoptimized + debuginfo] target(s) in 0.05s\n";
        assert_eq!(announced(finished), [] as [&str; 0]);
        let compiled = format!("   Compiling libc v0.2.0\n   Compiling demo v0.1.0 (/demo)\n{finished}");
        assert_eq!(announced(&compiled), ["demo"]);
    }
}
