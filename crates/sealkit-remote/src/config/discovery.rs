//! The one file that is read, out of many places.

use std::path::{Path, PathBuf};

use super::{
    file::File,
    variables::{FILES, Variables},
};
use crate::error::{Error, ErrorKind, Result};

const HINT: &str = "give `--endpoint`, set `FLYTE_ADMIN_ENDPOINT`, or write `.flyte/config.yaml`: `admin: {endpoint: \
                    \"dns:///flyte.example.com\"}`";

/// What was found, and where nothing was.
#[derive(Default)]
pub(super) struct Found {
    pub(super) file: File,
    pub(super) path: Option<PathBuf>,
    looked: Vec<PathBuf>,
}

/// The file that is given, or else the first there is.
pub(super) fn find(given: Option<&Path>, variables: Variables<'_>, directory: &Path) -> Result<Found> {
    if let Some(path) = given {
        return read(directory.join(path));
    }
    let mut looked = Vec::new();
    let path = directory.join("config.yaml");
    if path.is_file()
        && let Some(file) = File::read_if_ours(&path)?
    {
        return Ok(Found { file, path: Some(path), looked });
    }
    looked.push(path);

    let root = directory.ancestors().find(|directory| directory.join(".git").exists());
    let near =
        [Some(directory), root].into_iter().flatten().map(|directory| directory.join(".flyte/config.yaml"));
    if let Some(path) = first(near, &mut looked) {
        return read(path);
    }
    // Whoever names a file means it: that it is not there is an error.
    if let Some(path) = FILES.iter().find_map(|name| variables.path(name)) {
        return read(directory.join(path));
    }
    let home = variables.path("HOME");
    let far = [".union", ".flyte", ".uctl"]
        .iter()
        .filter_map(|name| Some(home.as_ref()?.join(name).join("config.yaml")));
    match first(far, &mut looked) {
        Some(path) => read(path),
        None => Ok(Found { looked, ..Found::default() }),
    }
}

/// The first of `paths` that is a file; where none was is noted down.
fn first(paths: impl Iterator<Item = PathBuf>, looked: &mut Vec<PathBuf>) -> Option<PathBuf> {
    for path in paths {
        if path.is_file() {
            return Some(path);
        }
        if !looked.contains(&path) {
            looked.push(path);
        }
    }
    None
}

fn read(path: PathBuf) -> Result<Found> {
    Ok(Found { file: File::read(&path)?, path: Some(path), looked: Vec::new() })
}

impl Found {
    /// What is said where no endpoint is named.
    pub(super) fn no_endpoint(&self, path: Option<&Path>) -> Error {
        let message = match path {
            Some(path) => format!("no cluster is configured: `{}` names no `admin.endpoint`", path.display()),
            None => {
                let looked: Vec<_> = self.looked.iter().map(|path| format!("`{}`", path.display())).collect();
                let variables = FILES.map(|name| format!("`{name}`")).join(", ");
                format!(
                    "no cluster is configured: looked at `FLYTE_ADMIN_ENDPOINT`, `FLYTE_API_KEY`, {variables} and the \
                     files {}",
                    looked.join(", ")
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

    /// A home, and below it a repository with a working directory in it.
    struct Place(tempfile::TempDir);

    impl Place {
        fn new() -> Self {
            let place = Self(tempfile::tempdir().unwrap());
            for name in ["repo/.git", "repo/inner"] {
                fs::create_dir_all(place.0.path().join(name)).unwrap();
            }
            place
        }

        fn write(&self, name: &str, text: &str) {
            let path = self.0.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }

        fn find(&self, given: Option<&str>, set: &[&str]) -> Result<Found> {
            let variable = |name: &str| match name {
                "HOME" => Some(self.0.path().as_os_str().to_owned()),
                _ => set.contains(&name).then(|| OsString::from(format!("../../{name}.yaml"))),
            };
            find(given.map(Path::new), Variables(&variable), &self.0.path().join("repo/inner"))
        }
    }

    #[test]
    fn the_first_file_there_is_counts() {
        let places = [
            "repo/inner/given.yaml",
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
        let place = Place::new();
        for (i, name) in places.iter().enumerate().rev() {
            place.write(name, &format!("admin: {{endpoint: '{name}'}}"));
            let given = (i == 0).then_some("given.yaml");
            let set: Vec<_> = FILES
                .into_iter()
                .filter(|name| place.0.path().join(format!("{name}.yaml")).exists())
                .collect();
            let found = place.find(given, &set).unwrap();
            assert_eq!(found.file.admin.endpoint.as_deref(), Some(*name));
        }
    }

    #[test]
    fn files_of_others_are_passed_over() {
        let place = Place::new();
        place.write(".flyte/config.yaml", "admin: {endpoint: mine}");
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
            place.write("repo/inner/config.yaml", text);
            let found = place.find(None, &[]).unwrap();
            assert_eq!(found.file.admin.endpoint.as_deref(), Some("mine"), "{text}");
        }
        place.write("repo/inner/config.yaml", "admin:\n  endpoint: [x]\n");
        assert!(place.find(None, &[]).is_err());
    }

    #[test]
    fn a_file_that_is_named_has_to_be_there() {
        let place = Place::new();
        place.write(".flyte/config.yaml", "admin: {endpoint: mine}");
        for (given, set) in [(Some("given.yaml"), &[][..]), (None, &["FLYTECTL_CONFIG"])] {
            let Err(error) = place.find(given, set) else { panic!("{given:?}") };
            assert!(error.to_string().contains("cannot be read"), "{error}");
        }
    }

    #[test]
    fn where_nothing_is_configured_one_is_told_where_it_could_be() {
        let place = Place::new();
        let said = place.find(None, &[]).unwrap().no_endpoint(None).to_string();
        for name in [
            "repo/inner/config.yaml",
            "repo/.flyte/config.yaml",
            "/.union/config.yaml",
            "FLYTE_ADMIN_ENDPOINT",
        ] {
            assert!(said.contains(name), "{said}");
        }
    }
}
