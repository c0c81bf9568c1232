//! Target resolution: a source file, the name of a cargo target, or the path of a program.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
    process::Stdio,
};

use serde::Deserialize;

use crate::{
    cargo::{self, Build, BuildOptions, Target, cannot_start_cargo, cargo},
    error::{Error, Result},
    script::Script,
};

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
    features: BTreeMap<String, Vec<String>>,
}

#[derive(Deserialize)]
struct Dependency {
    name: String,
    rename: Option<String>,
}

impl Package {
    /// Returns the feature with which a pod on a cluster works, in cargo's syntax.
    ///
    /// A feature of the package is preferred: the lock file has its dependencies. For a feature of sealkit itself, cargo would look
    /// them up in the registry for every build.
    fn cluster_feature(&self) -> Option<String> {
        let sealkit = self.dependencies.iter().find(|dependency| dependency.name == "sealkit")?;
        let feature = format!("{}/cluster", sealkit.rename.as_ref().unwrap_or(&sealkit.name));
        let own = self.features.iter().find(|(_, enabled)| enabled.contains(&feature));
        Some(own.map(|(name, _)| name.clone()).unwrap_or(feature))
    }
}

/// Resolves `target` to the path of a program, and builds it if it is a cargo target or a script.
///
/// A `.rs` file is the source of a `bin` or `example` target, or a script: a file with a frontmatter or without a package. A name
/// without a slash is the name of a `bin` or `example` target, and any other path is a program. On a terminal, cargo shows its
/// progress; elsewhere, `notify` is called with a message when cargo starts to compile, and not if the program is up to date.
///
/// # Errors
///
/// Returns an error if the target does not exist or does not compile; cargo prints why.
pub fn resolve_target(target: &str, options: &BuildOptions, notify: &dyn Fn(&str)) -> Result<PathBuf> {
    let path = Path::new(target);
    if path.extension().is_some_and(|extension| extension == "rs") {
        return source_file(target, options, notify);
    }
    if target.contains('/') || (path.is_file() && !Path::new("Cargo.toml").exists()) {
        return program(path);
    }
    let metadata = metadata(Path::new("."))?;
    let (package, target) = select(&metadata, target, None, options)?;
    build(package, target, options, notify)
}

/// Builds the target or the script of a source file.
fn source_file(name: &str, options: &BuildOptions, notify: &dyn Fn(&str)) -> Result<PathBuf> {
    let path = Path::new(name);
    let read = || path.canonicalize().and_then(|source| Ok((fs::read(&source)?, source)));
    let (text, source) = read().map_err(|error| no_target(path, error))?;
    let script = Script::parse(source, text)?;
    let source = script.path();
    let directory = package_directory(source);
    if options.package.is_none() && (directory.is_none() || script.has_frontmatter()) {
        return script.build(options, notify);
    }
    let directory = directory.unwrap_or(Path::new("/"));
    // The workspace of the file, which need not be that of the current directory.
    let metadata = metadata(directory)?;
    match select(&metadata, name, Some(source), options) {
        Ok((package, target)) => build(package, target, options, notify),
        Err(error) if options.package.is_some() || is_in_package(source, directory, &metadata) => Err(error),
        Err(_) => script.build(options, notify),
    }
}

/// Returns the closest directory with a manifest, from that of the file upward.
fn package_directory(source: &Path) -> Option<&Path> {
    source.ancestors().skip(1).find(|directory| directory.join("Cargo.toml").is_file())
}

/// Returns whether the file is a part of the package in `directory`: it is below a directory where cargo finds sources, or below
/// that of a target.
fn is_in_package(source: &Path, directory: &Path, metadata: &Metadata) -> bool {
    let targets = metadata.packages.iter().flat_map(|package| &package.targets);
    let paths = targets.filter_map(|target| target.src_path.canonicalize().ok());
    let is_in_target = |path: PathBuf| {
        path == source
            || path.parent().is_some_and(|parent| parent != directory && source.starts_with(parent))
    };
    ["src", "examples", "tests", "benches"].iter().any(|name| source.starts_with(directory.join(name)))
        || paths.into_iter().any(is_in_target)
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

fn metadata(directory: &Path) -> Result<Metadata> {
    let mut command = cargo();
    command.args(["metadata", "--format-version=1", "--no-deps"]).current_dir(directory);
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
    source: Option<&Path>,
    options: &BuildOptions,
) -> Result<(&'m Package, &'m Target)> {
    let members = metadata.packages.iter().filter(|package| metadata.workspace_members.contains(&package.id));
    let members = members.filter(|package| options.package.as_ref().is_none_or(|name| *name == package.name));
    let all: Vec<(&Package, &Target)> = members
        .flat_map(|package| package.targets.iter().map(move |target| (package, target)))
        .filter(|(_, target)| target.kind.iter().any(|kind| kind == "bin" || kind == "example"))
        .collect();
    let matches = |(_, target): &&(&Package, &Target)| match source {
        Some(source) => target.src_path.canonicalize().is_ok_and(|path| path == source),
        None => target.name == name,
    };
    let matching: Vec<_> = all.iter().filter(matches).collect();
    match matching[..] {
        [one] => Ok(*one),
        // Several targets share the source: prefer the one that is named like the file.
        [first, ..] if source.is_some() => {
            let stem = Path::new(name).file_stem().and_then(|stem| stem.to_str());
            Ok(**matching.iter().find(|(_, target)| Some(&*target.name) == stem).unwrap_or(&first))
        }
        [] => Err(no_such_target(name, source.is_some(), &all)),
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
    let mut command =
        cargo::build_command("build", options, target.src_path.parent().unwrap_or(Path::new("/")))?;
    if options.platform.is_some() {
        command.args(package.cluster_feature().iter().flat_map(|feature| ["--features", feature]));
    }
    command.args(["--package", &package.name, if is_example { "--example" } else { "--bin" }, &target.name]);
    let build = Build {
        command,
        target,
        subject: format!("`{}`", target.name),
        note: "",
        compiler_arguments: Vec::new(),
    };
    cargo::build(build, options, notify)?.map_err(|step| step.error(&target.name))
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
        None => format!("the targets: {}", sealkit_names::closest(name, names())),
    };
    Error::usage(message).with_hint(hint)
}
