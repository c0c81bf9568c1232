//! Scripts: source files that belong to no package. A script is built as a package of its own in the cache directory of the user,
//! whose manifest is the frontmatter of the file. The rules are those of cargo's scripts, which are not stable yet (RFC 3502).

mod cache;
mod frontmatter;
mod manifest;

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
};

use self::{
    cache::{COPY_DIRECTORY, ScriptDirectory},
    frontmatter::Frontmatter,
    manifest::{CLUSTER_FEATURE, Manifest},
};
use crate::{
    cargo::{self, Build, BuildOptions, FailedStep, Target},
    error::{Error, Result},
    sealkit_source,
};

/// A source file that can be built as a script.
pub(crate) struct Script {
    /// The canonical path.
    path: PathBuf,
    text: String,
    frontmatter: Option<Frontmatter>,
    /// The name of the file, for messages.
    label: String,
}

impl Script {
    /// Parses the text of the source file at `path`, which is canonical.
    ///
    /// # Errors
    ///
    /// Returns an error if the text is not UTF-8, or its frontmatter has an invalid fence.
    pub(crate) fn parse(path: PathBuf, text: Vec<u8>) -> Result<Self> {
        let label = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let text = String::from_utf8(text).map_err(|_| {
            Error::usage(format!("cannot read `{label}`: it is not UTF-8")).with_hint("save it as UTF-8")
        })?;
        let frontmatter = Frontmatter::parse(&text).map_err(|invalid| {
            let error = Error::usage(format!("line {}: {}", invalid.line, invalid.reason));
            error.context(&in_frontmatter(&label)).with_hint(EXAMPLE)
        })?;
        Ok(Self { path, text, frontmatter, label })
    }

    /// Returns the canonical path.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Returns whether the file has a frontmatter, so that it is a script in every directory.
    pub(crate) fn has_frontmatter(&self) -> bool {
        self.frontmatter.is_some()
    }

    /// Builds the script and returns the path of its program.
    ///
    /// # Errors
    ///
    /// Returns an error if the frontmatter is invalid, a file cannot be written, or the script does not compile; cargo prints why.
    pub(crate) fn build(&self, options: &BuildOptions, notify: &dyn Fn(&str)) -> Result<PathBuf> {
        let sealkit = sealkit_source::find(options.sealkit.as_deref())?;
        let text = self.frontmatter.as_ref().map_or("", |frontmatter| &frontmatter.manifest);
        let manifest = Manifest::complete(text, &self.path, &cache::id(&self.path), &sealkit)
            .map_err(|error| error.context(&in_frontmatter(&self.label)))?;
        let directory = ScriptDirectory::create(&self.path)?;
        let source = match &self.frontmatter {
            Some(frontmatter) => directory.write_copy(&self.path, &frontmatter.remove_from(&self.text))?,
            None => self.path.clone(),
        };
        let name = manifest.name().to_owned();
        directory.write_manifest(&manifest.into_text(&source)?, &sealkit_source::lock_file(&sealkit))?;

        let first =
            if directory.build_directory().exists() { "" } else { ", and sealkit for the first time" };
        let mut command = cargo::build_command("rustc", options, self.directory())?;
        if options.platform.is_some() {
            command.args(["--features", CLUSTER_FEATURE]);
        }
        command.args(["--bin", &name, "--manifest-path"]).arg(directory.manifest());
        command.arg("--target-dir").arg(directory.target());
        command.env("CARGO_BUILD_BUILD_DIR", directory.build_directory());
        let target = Target { name, kind: vec!["bin".to_owned()], src_path: source };
        let build = Build {
            command,
            target: &target,
            subject: format!("`{}`", self.label),
            note: first,
            compiler_arguments: self.remapped_paths(options),
        };
        cargo::build(build, options, notify)?.map_err(|step| self.failed(step, &directory))
    }

    fn directory(&self) -> &Path {
        self.path.parent().unwrap_or(Path::new("/"))
    }

    /// Returns the compiler's arguments that name the script instead of its copy, in messages and in the program. Not every command
    /// that builds for another platform accepts arguments of the compiler.
    fn remapped_paths(&self, options: &BuildOptions) -> Vec<OsString> {
        if self.frontmatter.is_none() || options.platform.is_some() {
            return Vec::new();
        }
        let mut remap = OsString::from(format!("--remap-path-prefix={COPY_DIRECTORY}="));
        remap.push(self.directory());
        vec![remap]
    }

    /// The error for a build that failed.
    fn failed(&self, step: FailedStep, directory: &ScriptDirectory) -> Error {
        let error = step.error(&self.label);
        match step {
            FailedStep::Resolve => {
                let manifest = directory.manifest();
                let frontmatter = if self.has_frontmatter() { ", the frontmatter" } else { "" };
                error.with_hint(format!(
                    "see cargo's message: check the network{frontmatter} and --features, or delete the cached manifest `{}`",
                    manifest.display()
                ))
            }
            FailedStep::Compile if !self.text.contains("fn main") => error.with_hint(
                "end the file with a `main`: fn main() -> std::process::ExitCode { sealkit::main() }",
            ),
            FailedStep::Compile => error,
        }
    }
}

/// The hint for an invalid frontmatter.
const EXAMPLE: &str = "see the example in `sealkit run --help`";

fn in_frontmatter(label: &str) -> String {
    format!("cannot read the frontmatter of `{label}`")
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::cargo::cargo;

    /// Returns the description in the manifest that cargo reads from a script, or `None` if cargo refuses the script.
    fn description_by_cargo(source: &str) -> Option<String> {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("script.rs");
        fs::write(&path, source).unwrap();
        let mut command = cargo();
        // A stable cargo reads scripts only for the bootstrap of Rust.
        command.env("RUSTC_BOOTSTRAP", "1").args(["-Zscript", "read-manifest", "--manifest-path"]).arg(path);
        let output = command.output().unwrap();
        let manifest: serde_json::Value = serde_json::from_slice(&output.stdout).ok()?;
        Some(manifest["description"].as_str().unwrap_or("none").to_owned())
    }

    /// Returns the same as [`description_by_cargo`].
    fn description(source: &str) -> Option<String> {
        let frontmatter = Frontmatter::parse(source).ok()?;
        let manifest = frontmatter.map_or_else(String::new, |frontmatter| frontmatter.manifest);
        let manifest =
            Manifest::complete(&manifest, Path::new("/script.rs"), "id", Path::new("/sealkit")).ok()?;
        let manifest: toml::Table = manifest.into_text(Path::new("/script.rs")).unwrap().parse().unwrap();
        Some(manifest["package"].get("description").map_or("none", |text| text.as_str().unwrap()).to_owned())
    }

    #[test]
    fn a_frontmatter_is_read_as_by_cargo() {
        let manifest = "[package]\ndescription = 'x'";
        let valid = [
            format!("---\n{manifest}\n---"),
            format!("---cargo\n{manifest}\n---\n"),
            format!("--- cargo \t\r\n{manifest}\r\n---\t\r\n"),
            format!("#!/usr/bin/env sealkit\n\n \t\n---\n{manifest}\n---\n"),
            format!("-----\n{manifest}\n#\n-----\n"),
        ];
        for source in &valid {
            assert_eq!(
                (description(source), description_by_cargo(source)),
                (Some("x".into()), Some("x".into())),
                "{source:?}"
            );
        }
        let without = [
            String::new(),
            "fn main() {}".to_owned(),
            format!(" ---\n{manifest}\n ---\n"),
            format!("//! Text\n---\n{manifest}\n---\n"),
            format!("#![allow(unused)]\n---\n{manifest}\n---\n"),
        ];
        for source in &without {
            let none = Some("none".to_owned());
            assert_eq!(
                (description(source), description_by_cargo(source)),
                (none.clone(), none),
                "{source:?}"
            );
        }
        let invalid = [
            format!("---\n{manifest}\n"),
            format!("---\n{manifest}\n--\n"),
            format!("---\n{manifest}\n----\n"),
            format!("---\n{manifest}\n--- cargo\n"),
            format!("---\n{manifest}\n ---\n"),
            format!("---toml\n{manifest}\n---\n"),
            format!("--- cargo x\n{manifest}\n---\n"),
            "---\n[package\n---\n".to_owned(),
            "---".to_owned(),
        ];
        for source in &invalid {
            assert_eq!((description(source), description_by_cargo(source)), (None, None), "{source:?}");
        }
    }

    #[test]
    fn a_key_is_refused_as_by_cargo() {
        for key in [
            "workspace = {}",
            "lib = {}",
            "bin = []",
            "example = []",
            "test = []",
            "bench = []",
            "package.workspace = '.'",
            "package.build = 'build.rs'",
            "package.links = 'z'",
            "package.default-run = 'script'",
            "package.autolib = false",
            "package.autobins = false",
            "package.autoexamples = false",
            "package.autotests = false",
            "package.autobenches = false",
            "package = 1",
            "package.name = 1",
            "package.version = 1",
            "dependencies = 1",
        ] {
            let source = format!("---\n{key}\n---\n");
            assert_eq!((description(&source), description_by_cargo(&source)), (None, None), "{key}");
        }
    }
}
