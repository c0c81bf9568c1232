//! Finds the configuration file to read.

use std::path::{Path, PathBuf};

use super::{
    file::ConfigFile,
    variables::{CONFIG_FILES, Variables},
};
use crate::error::{Error, ErrorKind, Result};

const HINT: &str = "create the configuration: sealkit create config --endpoint HOST; or use `--endpoint`, or set \
                    `FLYTE_ADMIN_ENDPOINT`";

/// The configuration file that was found, and the paths that were searched before.
#[derive(Default)]
pub(super) struct DiscoveredFile {
    pub(super) file: ConfigFile,
    pub(super) path: Option<PathBuf>,
    pub(super) searched: Vec<PathBuf>,
}

/// Reads the file at `path` or, without one, the first file that exists.
pub(super) fn find(
    path: Option<&Path>,
    variables: Variables<'_>,
    directory: &Path,
) -> Result<DiscoveredFile> {
    if let Some(path) = path {
        return read(directory.join(path), Vec::new());
    }
    let mut searched = Vec::new();
    let path = directory.join("config.yaml");
    if path.is_file()
        && let Some(file) = ConfigFile::read_if_flyte_config(&path)?
    {
        return Ok(DiscoveredFile { file, path: Some(path), searched });
    }
    searched.push(path);

    let root = directory.ancestors().find(|directory| directory.join(".git").exists());
    let local =
        [Some(directory), root].into_iter().flatten().map(|directory| directory.join(".flyte/config.yaml"));
    if let Some(path) = first(local, &mut searched) {
        return read(path, searched);
    }
    // A file named by a variable must exist.
    if let Some(path) = CONFIG_FILES.iter().find_map(|name| variables.path(name)) {
        return read(directory.join(path), searched);
    }
    let home = variables.path("HOME");
    let global = [".union", ".flyte", ".uctl"]
        .iter()
        .filter_map(|name| Some(home.as_ref()?.join(name).join("config.yaml")));
    match first(global, &mut searched) {
        Some(path) => read(path, searched),
        None => Ok(DiscoveredFile { searched, ..DiscoveredFile::default() }),
    }
}

/// Returns the first of `paths` that is a file, and adds the others to `searched`.
fn first(paths: impl Iterator<Item = PathBuf>, searched: &mut Vec<PathBuf>) -> Option<PathBuf> {
    for path in paths {
        if path.is_file() {
            return Some(path);
        }
        if !searched.contains(&path) {
            searched.push(path);
        }
    }
    None
}

fn read(path: PathBuf, searched: Vec<PathBuf>) -> Result<DiscoveredFile> {
    Ok(DiscoveredFile { file: ConfigFile::read(&path)?, path: Some(path), searched })
}

impl DiscoveredFile {
    /// Returns the error for a configuration without an endpoint.
    pub(super) fn no_endpoint_error(&self, path: Option<&Path>) -> Error {
        let message = match path {
            Some(path) => format!("no cluster is configured: `{}` has no `admin.endpoint`", path.display()),
            None => {
                let searched: Vec<_> =
                    self.searched.iter().map(|path| format!("`{}`", path.display())).collect();
                let variables = CONFIG_FILES.map(|name| format!("`{name}`")).join(", ");
                format!(
                    "no cluster is configured: checked `FLYTE_ADMIN_ENDPOINT`, `FLYTE_API_KEY`, {variables} and the \
                     files {}",
                    searched.join(", ")
                )
            }
        };
        Error::new(ErrorKind::Config, message).with_hint(HINT)
    }
}

#[cfg(test)]
mod tests {
    use std::{ffi::OsString, fs};

    use super::*;

    /// A home directory that contains a repository with a working directory.
    struct TestHome(tempfile::TempDir);

    impl TestHome {
        fn new() -> Self {
            let home = Self(tempfile::tempdir().unwrap());
            for name in ["repo/.git", "repo/inner"] {
                fs::create_dir_all(home.0.path().join(name)).unwrap();
            }
            home
        }

        fn write(&self, name: &str, text: &str) {
            let path = self.0.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }

        fn find(&self, path: Option<&str>, set: &[&str]) -> Result<DiscoveredFile> {
            let variable = |name: &str| match name {
                "HOME" => Some(self.0.path().as_os_str().to_owned()),
                _ => set.contains(&name).then(|| OsString::from(format!("../../{name}.yaml"))),
            };
            find(path.map(Path::new), Variables(&variable), &self.0.path().join("repo/inner"))
        }
    }

    #[test]
    fn the_first_file_that_exists_is_read() {
        let paths = [
            "repo/inner/named.yaml",
            "repo/inner/config.yaml",
            "repo/inner/.flyte/config.yaml",
            "repo/.flyte/config.yaml",
            "UCTL_CONFIG.yaml",
            "FLYTECTL_CONFIG.yaml",
            "UNION_CONFIG.yaml",
            "UNIONAI_CONFIG.yaml",
            ".union/config.yaml",
            ".flyte/config.yaml",
            ".uctl/config.yaml",
        ];
        let home = TestHome::new();
        for (i, name) in paths.iter().enumerate().rev() {
            home.write(name, &format!("admin: {{endpoint: '{name}'}}"));
            let path = (i == 0).then_some("named.yaml");
            let set: Vec<_> = CONFIG_FILES
                .into_iter()
                .filter(|name| home.0.path().join(format!("{name}.yaml")).exists())
                .collect();
            let found = home.find(path, &set).unwrap();
            assert_eq!(found.file.admin.endpoint.as_deref(), Some(*name));
        }
    }

    #[test]
    fn files_of_other_programs_are_skipped() {
        let home = TestHome::new();
        home.write(".flyte/config.yaml", "admin: {endpoint: mine}");
        for text in [
            "",
            "image: nginx",
            "admin:",
            "admin: true",
            "task: build",
            "{{ template }}",
            "a: b: c",
            "\u{0}",
            "- x",
        ] {
            home.write("repo/inner/config.yaml", text);
            let found = home.find(None, &[]).unwrap();
            assert_eq!(found.file.admin.endpoint.as_deref(), Some("mine"), "{text}");
        }
        home.write("repo/inner/config.yaml", "admin:\n  endpoint: [x]\n");
        assert!(home.find(None, &[]).is_err());
    }

    #[test]
    fn a_named_file_must_exist() {
        let home = TestHome::new();
        home.write(".flyte/config.yaml", "admin: {endpoint: mine}");
        for (path, set) in [(Some("named.yaml"), &[][..]), (None, &["FLYTECTL_CONFIG"])] {
            let Err(error) = home.find(path, set) else { panic!("{path:?}") };
            assert!(error.to_string().contains("cannot read"), "{error}");
        }
    }

    #[test]
    fn an_unconfigured_cluster_error_lists_the_searched_files() {
        let home = TestHome::new();
        let message = home.find(None, &[]).unwrap().no_endpoint_error(None).to_string();
        for name in [
            "repo/inner/config.yaml",
            "repo/.flyte/config.yaml",
            "/.union/config.yaml",
            "FLYTE_ADMIN_ENDPOINT",
        ] {
            assert!(message.contains(name), "{message}");
        }
    }
}
