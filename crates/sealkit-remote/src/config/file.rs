//! One file of the official tools: what is read of it, and what is wrong with it.

use std::{fs::File as Opened, io::Read as _, path::Path};

use serde::{Deserialize, Deserializer, de::Error as _};

use super::words::{Command, Flag, List, Scopes};
use crate::error::{Error, ErrorKind, Result, shown};

/// More than any such file has. The parser takes the square of the depth of a file, too.
const LIMIT: u64 = 64 << 10;

/// What a file says.
#[derive(Debug, Default, PartialEq, Deserialize)]
#[serde(default, expecting = "a file of sections such as `admin`")]
pub(super) struct File {
    #[serde(deserialize_with = "section")]
    pub(super) admin: Admin,
    #[serde(deserialize_with = "section")]
    pub(super) task: Task,
    #[serde(deserialize_with = "section")]
    pub(super) console: Console,
}

/// The control plane.
#[derive(Debug, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "camelCase", expecting = "a section")]
pub(super) struct Admin {
    pub(super) endpoint: Option<String>,
    pub(super) insecure: Option<Flag>,
    pub(super) insecure_skip_verify: Option<Flag>,
    pub(super) ca_cert_file_path: Option<String>,
    #[serde(rename = "httpProxyURL")]
    pub(super) http_proxy_url: Option<String>,
    pub(super) auth_type: Option<String>,
    pub(super) client_id: Option<String>,
    pub(super) client_secret_location: Option<String>,
    pub(super) client_secret_env_var: Option<String>,
    pub(super) scopes: Option<List<Scopes>>,
    pub(super) command: Option<List<Command>>,
    pub(super) proxy_command: Option<List<Command>>,
    #[serde(rename = "<<")]
    merged: Option<Merged>,
}

/// Of which organization, project and domain something is, if nothing else is said.
#[derive(Debug, Default, PartialEq, Deserialize)]
#[serde(default, expecting = "a section")]
pub(super) struct Task {
    pub(super) org: Option<String>,
    pub(super) project: Option<String>,
    pub(super) domain: Option<String>,
    #[serde(rename = "<<")]
    merged: Option<Merged>,
}

/// The console.
#[derive(Debug, Default, PartialEq, Deserialize)]
#[serde(default, expecting = "a section")]
pub(super) struct Console {
    pub(super) endpoint: Option<String>,
}

impl File {
    /// What the file at `path` says.
    pub(super) fn read(path: &Path) -> Result<Self> {
        Self::parse(&text(path)?, path)
    }

    /// What the file at `path` says, if it is one of ours: others call their files `config.yaml` too.
    pub(super) fn read_if_ours(path: &Path) -> Result<Option<Self>> {
        // None of ours is that long, or no text.
        let Ok(text) = text(path) else { return Ok(None) };
        match Self::parse(&text, path) {
            Ok(file) => {
                Ok(Some(file).filter(|file| file.admin != Admin::default() || file.task != Task::default()))
            }
            Err(error) if looks_like_ours(&text) => Err(error),
            Err(_) => Ok(None),
        }
    }

    fn parse(text: &str, path: &Path) -> Result<Self> {
        let file: Option<Self> = yaml_serde::from_str(text).map_err(|error| {
            let message =
                format!("`{}` cannot be understood: {}", path.display(), explained(&error.to_string()));
            Error::new(ErrorKind::Config, message)
        })?;
        Ok(file.unwrap_or_default())
    }
}

fn looks_like_ours(text: &str) -> bool {
    text.lines().any(|line| line.starts_with("admin:"))
        && text.lines().any(|line| line.trim_start().starts_with("endpoint:"))
}

fn text(path: &Path) -> Result<String> {
    read_bounded(path).map_err(|why| {
        Error::new(ErrorKind::Config, format!("`{}` cannot be read: {why}", path.display()))
            .with_hint("name the file of your cluster with `--config`")
    })
}

/// The text of a file that is small.
pub(super) fn read_bounded(path: &Path) -> Result<String, String> {
    let mut bytes = Vec::new();
    let opened = Opened::open(path).map_err(|error| error.to_string())?;
    opened.take(LIMIT + 1).read_to_end(&mut bytes).map_err(|error| error.to_string())?;
    if bytes.len() as u64 > LIMIT {
        return Err(format!("it is longer than {} KiB", LIMIT >> 10));
    }
    String::from_utf8(bytes).map_err(|_| "it is no UTF-8".to_owned())
}

/// What the parser says, without the value it says it of, which might be a secret.
fn explained(message: &str) -> String {
    let Some((place, wrong)) = message.split_once("invalid type: ") else {
        return shown(message).to_string();
    };
    match wrong.rsplit_once(", expected ") {
        Some((_, expected)) => match expected.split_once(" at line ") {
            Some((what, line)) => format!("{place}{what} is expected at line {line}"),
            None => format!("{place}{expected} is expected"),
        },
        None => "a value has another type than it should have".to_owned(),
    }
}

/// A section that is written but empty says as little as one that is not written.
fn section<'de, D: Deserializer<'de>, T: Default + Deserialize<'de>>(from: D) -> Result<T, D::Error> {
    Option::<T>::deserialize(from).map(Option::unwrap_or_default)
}

/// A section of which parts are written elsewhere. They would be missed, which nobody would see.
#[derive(Debug, PartialEq)]
struct Merged;

impl<'de> Deserialize<'de> for Merged {
    fn deserialize<D: Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
        Err(D::Error::custom("`<<` is not read here: write the settings out"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(text: &str) -> String {
        File::parse(text, Path::new("x.yaml")).expect_err(text).to_string()
    }

    #[test]
    fn what_is_wrong_with_a_file_is_said_with_its_line_and_without_its_values() {
        for (text, message) in [
            (
                "admin:\n  endpoint: a\n  insecure: hunter2\n",
                "admin.insecure: `true` or `false` is expected at line 3",
            ),
            ("admin:\n  endpoint: [hunter2]\n", "admin.endpoint: a string is expected at line 2"),
            ("admin:\n  scopes: {hunter2: 1}\n", "admin.scopes: a list of words is expected at line 2"),
            ("admin:\n  command: print 'hunter2\n", "a quotation mark is not closed at line 2"),
            ("x: 1\nadmin: hunter2\n", "admin: a section is expected at line 2"),
            ("hunter2", "a file of sections such as `admin` is expected"),
            ("'hunter2, expected at line 3'", "a file of sections such as `admin` is expected"),
            ("- hunter2", "a file of sections such as `admin` is expected"),
            ("admin:\n\tendpoint: hunter2\n", "cannot start any token at line 2"),
            ("admin:\n  endpoint: a\n  endpoint: hunter2\n", "duplicate field `endpoint`"),
            ("x: &x {endpoint: hunter2}\nadmin:\n  <<: *x\n", "`<<` is not read here"),
        ] {
            let said = wrong(text);
            assert!(said.starts_with("`x.yaml` cannot be understood: ") && said.contains(message), "{said}");
            assert!(!said.contains("hunter2"), "{said}");
        }
    }

    #[test]
    fn a_file_that_grows_without_end_is_not_read_to_its_end() {
        let mut bomb = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n".to_owned();
        for i in 1..20 {
            let names = vec![format!("*a{}", i - 1); 10].join(",");
            bomb = format!("{bomb}a{i}: &a{i} [{names}]\n");
        }
        assert!(File::parse(&format!("{bomb}admin: {{endpoint: x}}\n"), Path::new("x.yaml")).is_ok());
        // Each of them is an error, and the memory of none is used up.
        wrong(&format!("{bomb}admin: {{scopes: *a19}}\n"));
        wrong(&"[".repeat(60_000));
        let long = tempfile::NamedTempFile::new().unwrap();
        long.as_file().set_len(1 << 40).unwrap();
        let error = File::read(long.path()).unwrap_err();
        assert!(error.to_string().contains("longer than 64 KiB"), "{error}");
    }
}
