//! The manifest of a script's package: that of its frontmatter, with defaults for everything that a script may leave out.

use std::path::Path;

use toml::{Table, Value, map::Entry};

use crate::{
    error::{Error, Result},
    sealkit_source,
};

/// The keys that would make a package of more than the script, as in cargo's own scripts.
const REFUSED: [&str; 6] = ["workspace", "lib", "bin", "example", "test", "bench"];
/// The same keys of `[package]`.
const REFUSED_OF_PACKAGE: [&str; 9] = [
    "workspace",
    "build",
    "links",
    "default-run",
    "autolib",
    "autobins",
    "autoexamples",
    "autotests",
    "autobenches",
];
/// Names that cargo forbids for a program, because directories of the build have them.
const FORBIDDEN_NAMES: [&str; 4] = ["build", "deps", "examples", "incremental"];
/// The feature with which a pod on a cluster works. It is a feature of the script, so that the lock file has its dependencies.
pub(crate) const CLUSTER_FEATURE: &str = "sealkit-cluster";
/// The crate that is always optimized: it searches all files and outputs.
const OPTIMIZED: &str = "sealkit-guard";
/// The longest name of a package that is made from a stem: the names of built files are longer.
const MAX_NAME: usize = 64;
/// The edition of a script that names none.
const EDITION: &str = "2024";
/// The version of a script that names none.
const VERSION: &str = "0.0.0";

/// A manifest that is complete except for the path of its only target.
pub(crate) struct Manifest {
    table: Table,
    name: String,
}

impl Manifest {
    /// Completes the manifest of a frontmatter, for the script `script` with the crate `sealkit` in `sealkit`.
    ///
    /// The version ends with `id`, by which cargo distinguishes packages of one name: all scripts share one directory of builds.
    ///
    /// # Errors
    ///
    /// Returns an error if the frontmatter is no valid TOML, or has a key that scripts cannot have.
    pub(crate) fn complete(frontmatter: &str, script: &Path, id: &str, sealkit: &Path) -> Result<Self> {
        let mut table: Table =
            toml::from_str(frontmatter).map_err(|error| invalid(error.to_string().trim_end()))?;
        if let Some(key) = REFUSED.into_iter().find(|key| table.contains_key(*key)) {
            return Err(refused(key));
        }
        table.insert("workspace".to_owned(), Table::new().into());
        let package = entry(&mut table, "package")?;
        if let Some(key) = REFUSED_OF_PACKAGE.into_iter().find(|key| package.contains_key(*key)) {
            return Err(refused(&format!("package.{key}")));
        }
        let stem = script.file_stem().unwrap_or_default().to_string_lossy();
        let name = package.entry("name").or_insert_with(|| package_name(&stem).into());
        let name = name.as_str().ok_or_else(|| invalid("`package.name` is not a string"))?.to_owned();
        let version = package.get("version").map_or(Some(VERSION), Value::as_str);
        let version = version.ok_or_else(|| invalid("`package.version` is not a string"))?;
        let separator = if version.contains('+') { '.' } else { '+' };
        package.insert("version".to_owned(), format!("{version}{separator}{id}").into());
        package.entry("edition").or_insert_with(|| EDITION.into());
        make_paths_absolute(&mut table, script.parent().unwrap_or(Path::new("/")));
        let enabled = Value::Array(vec!["sealkit/cluster".into()]);
        entry(&mut table, "features")?.insert(CLUSTER_FEATURE.to_owned(), enabled);
        let packages = entry(entry(entry(&mut table, "profile")?, "dev")?, "package")?;
        packages
            .entry(OPTIMIZED)
            .or_insert_with(|| Table::from_iter([("opt-level".to_owned(), 3.into())]).into());
        let dependencies = entry(&mut table, "dependencies")?;
        for (name, dependency) in sealkit_source::dependencies(sealkit) {
            add_dependency(dependencies, name, dependency);
        }
        Ok(Self { table, name })
    }

    /// Returns the name of the package and of its target.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Returns the text of the manifest; its target is compiled from `source`.
    ///
    /// # Errors
    ///
    /// Returns an error if the path is not UTF-8, which a manifest cannot express.
    pub(crate) fn into_text(mut self, source: &Path) -> Result<String> {
        let path = source.to_str().ok_or_else(|| {
            Error::usage(format!("cannot build `{}`: its path is not UTF-8", source.display()))
        })?;
        let target =
            Table::from_iter([("name".to_owned(), self.name.into()), ("path".to_owned(), path.into())]);
        self.table.insert("bin".to_owned(), vec![target].into());
        Ok(self.table.to_string())
    }
}

fn invalid(reason: &str) -> Error {
    Error::usage(reason)
}

fn refused(key: &str) -> Error {
    Error::usage(format!("`{key}` is not supported in a frontmatter"))
        .with_hint("make a package: sealkit new NAME")
}

/// Returns the table called `name`, and inserts it if it is missing.
fn entry<'t>(table: &'t mut Table, name: &str) -> Result<&'t mut Table> {
    let value = table.entry(name).or_insert_with(|| Table::new().into());
    value.as_table_mut().ok_or_else(|| invalid(&format!("`{name}` is not a table")))
}

/// Adds a default dependency. Of a dependency in the frontmatter, only a missing source is added.
fn add_dependency(dependencies: &mut Table, name: &str, default: Table) {
    match dependencies.entry(name) {
        Entry::Vacant(entry) => drop(entry.insert(default.into())),
        Entry::Occupied(mut entry) => {
            let Some(path) = default.get("path") else { return };
            if let Some(version) = entry.get().as_str().map(str::to_owned) {
                entry.insert(Table::from_iter([("version".to_owned(), version.into())]).into());
            }
            if let Some(dependency) = entry.get_mut().as_table_mut()
                && !["path", "git", "registry", "workspace"].iter().any(|key| dependency.contains_key(*key))
            {
                dependency.insert("path".to_owned(), path.clone());
            }
        }
    }
}

/// Resolves the relative paths of all dependencies against the directory of the script.
fn make_paths_absolute(manifest: &mut Table, directory: &Path) {
    for (key, value) in manifest.iter_mut() {
        match (key.as_str(), value) {
            ("dependencies" | "dev-dependencies" | "build-dependencies", Value::Table(table)) => {
                make_absolute(table, directory);
            }
            ("patch", Value::Table(registries)) => {
                let registries = registries.iter_mut().filter_map(|(_, registry)| registry.as_table_mut());
                registries.for_each(|registry| make_absolute(registry, directory));
            }
            ("target", Value::Table(platforms)) => {
                let platforms = platforms.iter_mut().filter_map(|(_, platform)| platform.as_table_mut());
                platforms.for_each(|platform| make_paths_absolute(platform, directory));
            }
            _ => {}
        }
    }
}

fn make_absolute(dependencies: &mut Table, directory: &Path) {
    for (_, dependency) in dependencies.iter_mut() {
        if let Some(Value::String(path)) = dependency.get_mut("path")
            && let Some(absolute) = directory.join(&*path).to_str()
        {
            absolute.clone_into(path);
        }
    }
}

/// Returns the name of a package for the stem of a file: lower case, as that of a crate should be.
fn package_name(stem: &str) -> String {
    let mut name: String = stem
        .chars()
        .take(MAX_NAME)
        .map(|c| if c.is_ascii_alphanumeric() || c == '-' { c.to_ascii_lowercase() } else { '_' })
        .collect();
    if !name.starts_with(|c: char| c.is_ascii_lowercase() || c == '_') {
        name.insert(0, '_');
    }
    if FORBIDDEN_NAMES.contains(&&*name) {
        name.push('_');
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    fn complete(frontmatter: &str) -> Result<Table> {
        let manifest =
            Manifest::complete(frontmatter, Path::new("/scripts/My File.rs"), "id", Path::new("/sealkit"))?;
        Ok(manifest.into_text(Path::new("/scripts/My File.rs"))?.parse().unwrap())
    }

    #[test]
    fn a_script_without_a_frontmatter_has_all_defaults() {
        let expected = format!(
            r#"
            package = {{ name = "my_file", version = "0.0.0+id", edition = "2024" }}
            bin = [{{ name = "my_file", path = "/scripts/My File.rs" }}]
            workspace = {{}}
            features = {{ sealkit-cluster = ["sealkit/cluster"] }}
            profile.dev.package.sealkit-guard.opt-level = 3
            [dependencies]
            anyhow = {{ version = "1" }}
            sealkit = {{ version = "{}", path = "/sealkit" }}
            tokio = {{ version = "1", features = ["macros", "rt-multi-thread", "time"] }}
            "#,
            env!("CARGO_PKG_VERSION")
        );
        assert_eq!(complete("").unwrap(), expected.parse().unwrap());
    }

    #[test]
    fn a_frontmatter_takes_precedence_over_the_defaults() {
        let manifest = complete(
            r#"
            package = { name = "other", version = "1.0.0+x", edition = "2021" }
            dependencies = { sealkit = { git = "https://example.com" }, anyhow = "1.0.50", serde = "1" }
            profile.dev.opt-level = 1
            features.fast = []
            "#,
        );
        let manifest = manifest.unwrap();
        let dependencies = &manifest["dependencies"];
        assert_eq!(
            dependencies["sealkit"],
            Value::from(Table::from_iter([("git".to_owned(), "https://example.com".into())]))
        );
        assert_eq!(
            (dependencies["anyhow"].as_str(), dependencies["serde"].as_str()),
            (Some("1.0.50"), Some("1"))
        );
        assert_eq!(manifest["bin"][0]["name"].as_str(), Some("other"));
        assert_eq!(manifest["package"]["version"].as_str(), Some("1.0.0+x.id"));
        assert_eq!(manifest["package"]["edition"].as_str(), Some("2021"));
        assert_eq!(manifest["profile"]["dev"]["opt-level"].as_integer(), Some(1));
        assert_eq!(manifest["profile"]["dev"]["package"]["sealkit-guard"]["opt-level"].as_integer(), Some(3));
        assert!(manifest.contains_key("features"));
    }

    #[test]
    fn sealkit_without_a_source_gets_that_of_the_command() {
        for (frontmatter, key, value) in [
            (r#"dependencies.sealkit = "0.1""#, "version", Value::from("0.1")),
            ("dependencies.sealkit.features = ['jiff']", "features", vec!["jiff"].into()),
        ] {
            let sealkit = &complete(frontmatter).unwrap()["dependencies"]["sealkit"];
            assert_eq!((&sealkit[key], sealkit["path"].as_str()), (&value, Some("/sealkit")));
        }
    }

    #[test]
    fn paths_of_dependencies_are_relative_to_the_script() {
        let manifest = complete(
            r#"
            dependencies = { path = "1", near = { path = "near" }, far = { path = "/far" } }
            target.'cfg(unix)'.dependencies.sibling.path = "../sibling"
            patch.crates-io.serde.path = "serde"
            "#,
        );
        let manifest = manifest.unwrap();
        let dependencies = &manifest["dependencies"];
        assert_eq!(dependencies["path"].as_str(), Some("1"));
        assert_eq!(dependencies["near"]["path"].as_str(), Some("/scripts/near"));
        assert_eq!(dependencies["far"]["path"].as_str(), Some("/far"));
        let sibling = &manifest["target"]["cfg(unix)"]["dependencies"]["sibling"];
        assert_eq!(sibling["path"].as_str(), Some("/scripts/../sibling"));
        assert_eq!(manifest["patch"]["crates-io"]["serde"]["path"].as_str(), Some("/scripts/serde"));
    }

    #[test]
    fn a_package_is_named_after_the_file() {
        for (stem, name) in [
            ("a-b_c", "a-b_c"),
            ("My Task", "my_task"),
            ("1st", "_1st"),
            ("-x", "_-x"),
            ("", "_"),
            ("build", "build_"),
            ("é", "_"),
        ] {
            assert_eq!(package_name(stem), name);
        }
    }

    #[test]
    fn a_key_of_the_wrong_type_is_an_error() {
        for frontmatter in
            ["package = 1", "package.name = 1", "package.version = 1", "dependencies = 1", "a = "]
        {
            assert!(complete(frontmatter).unwrap_err().is_usage(), "{frontmatter}");
        }
    }
}
