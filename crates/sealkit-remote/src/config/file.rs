//! Parses the configuration files of the official tools.

use std::{collections::BTreeMap, fs::File, io::Read as _, path::Path};

use serde::{Deserialize, Deserializer, de::Error as _};

use super::values::{CommandLine, Flag, List, Scopes};
use crate::error::{Error, ErrorKind, Result, escape};

/// The largest file to read, because the parser's time is quadratic in the nesting depth.
const MAX_SIZE: u64 = 64 << 10;

/// A configuration file.
#[derive(Debug, Default, PartialEq, Deserialize)]
#[serde(default, expecting = "sections such as `admin`")]
pub(super) struct ConfigFile {
    #[serde(deserialize_with = "section")]
    pub(super) admin: Admin,
    #[serde(deserialize_with = "section")]
    pub(super) task: Task,
    #[serde(deserialize_with = "section")]
    pub(super) console: Console,
    #[serde(deserialize_with = "section")]
    pub(super) image: Image,
}

/// The section `admin`: the control plane.
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
    pub(super) command: Option<List<CommandLine>>,
    pub(super) proxy_command: Option<List<CommandLine>>,
    #[serde(rename = "<<")]
    merged: Option<MergeKey>,
}

/// The section `task`: the default organization, project and domain.
#[derive(Debug, Default, PartialEq, Deserialize)]
#[serde(default, expecting = "a section")]
pub(super) struct Task {
    pub(super) org: Option<String>,
    pub(super) project: Option<String>,
    pub(super) domain: Option<String>,
    #[serde(rename = "<<")]
    merged: Option<MergeKey>,
}

/// The section `console`.
#[derive(Debug, Default, PartialEq, Deserialize)]
#[serde(default, expecting = "a section")]
pub(super) struct Console {
    pub(super) endpoint: Option<String>,
}

/// The name in `image.image_refs` of the image that runs uploaded programs.
pub(super) const BASE_IMAGE_NAME: &str = "sealkit";

/// The section `image`: the registry for images of programs, and references to images by name.
#[derive(Debug, Default, PartialEq, Deserialize)]
#[serde(default, expecting = "a section")]
pub(super) struct Image {
    pub(super) registry: Option<String>,
    pub(super) image_refs: BTreeMap<String, String>,
}

impl ConfigFile {
    /// Reads the file at `path`.
    pub(super) fn read(path: &Path) -> Result<Self> {
        Self::parse(&read_text(path)?, path)
    }

    /// Reads the file at `path` if it configures a cluster: other programs have files named `config.yaml` too.
    pub(super) fn read_if_flyte_config(path: &Path) -> Result<Option<Self>> {
        // A Flyte configuration is small, valid UTF-8.
        let Ok(text) = read_text(path) else { return Ok(None) };
        match Self::parse(&text, path) {
            Ok(file) => {
                Ok(Some(file).filter(|file| file.admin != Admin::default() || file.task != Task::default()))
            }
            Err(error) if looks_like_flyte_config(&text) => Err(error),
            Err(_) => Ok(None),
        }
    }

    fn parse(text: &str, path: &Path) -> Result<Self> {
        let file: Option<Self> = yaml_serde::from_str(text).map_err(|error| {
            let reason = describe_yaml_error(&error.to_string());
            Error::new(ErrorKind::Config, format!("cannot parse `{}`: {reason}", path.display()))
        })?;
        Ok(file.unwrap_or_default())
    }
}

fn looks_like_flyte_config(text: &str) -> bool {
    text.lines().any(|line| line.starts_with("admin:"))
        && text.lines().any(|line| line.trim_start().starts_with("endpoint:"))
}

fn read_text(path: &Path) -> Result<String> {
    read_bounded(path).map_err(|reason| {
        Error::new(ErrorKind::Config, format!("cannot read `{}`: {reason}", path.display()))
            .with_hint("use the configuration file of your cluster: --config PATH")
    })
}

/// Reads a file of at most 64 KiB. The error is the reason only.
pub(super) fn read_bounded(path: &Path) -> Result<String, String> {
    let mut bytes = Vec::new();
    let opened = File::open(path).map_err(|error| error.to_string())?;
    opened.take(MAX_SIZE + 1).read_to_end(&mut bytes).map_err(|error| error.to_string())?;
    if bytes.len() as u64 > MAX_SIZE {
        return Err(format!("the file is larger than {} KiB", MAX_SIZE >> 10));
    }
    String::from_utf8(bytes).map_err(|_| "the file is not UTF-8".to_owned())
}

/// Returns the message of the YAML parser without the invalid value, which may be a secret.
fn describe_yaml_error(message: &str) -> String {
    let Some((key, problem)) = message.split_once("invalid type: ") else {
        return escape(message).to_string();
    };
    match problem.rsplit_once(", expected ") {
        Some((_, expected)) => match expected.split_once(" at line ") {
            Some((expected, line)) => format!("{key}expected {expected} at line {line}"),
            None => format!("{key}expected {expected}"),
        },
        None => "a value has the wrong type".to_owned(),
    }
}

/// Deserializes a section, treating an empty one as missing.
fn section<'de, D: Deserializer<'de>, T: Default + Deserialize<'de>>(from: D) -> Result<T, D::Error> {
    Option::<T>::deserialize(from).map(Option::unwrap_or_default)
}

/// The merge key `<<`, which the parser does not support. Without an error, its settings would be ignored silently.
#[derive(Debug, PartialEq)]
struct MergeKey;

impl<'de> Deserialize<'de> for MergeKey {
    fn deserialize<D: Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
        Err(D::Error::custom("`<<` is not supported: write the settings out"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse_error(text: &str) -> String {
        ConfigFile::parse(text, Path::new("x.yaml")).expect_err(text).to_string()
    }

    #[test]
    fn a_parse_error_contains_the_line_but_no_values() {
        for (text, message) in [
            (
                "admin:\n  endpoint: a\n  insecure: hunter2\n",
                "admin.insecure: expected `true` or `false` at line 3",
            ),
            ("admin:\n  endpoint: [hunter2]\n", "admin.endpoint: expected a string at line 2"),
            ("admin:\n  scopes: {hunter2: 1}\n", "admin.scopes: expected a list of strings at line 2"),
            ("admin:\n  command: print 'hunter2\n", "unclosed quotation mark at line 2"),
            ("x: 1\nadmin: hunter2\n", "admin: expected a section at line 2"),
            ("hunter2", "expected sections such as `admin`"),
            ("'hunter2, expected at line 3'", "expected sections such as `admin`"),
            ("- hunter2", "expected sections such as `admin`"),
            ("admin:\n\tendpoint: hunter2\n", "cannot start any token at line 2"),
            ("admin:\n  endpoint: a\n  endpoint: hunter2\n", "duplicate field `endpoint`"),
            ("x: &x {endpoint: hunter2}\nadmin:\n  <<: *x\n", "`<<` is not supported"),
        ] {
            let error = parse_error(text);
            assert!(error.starts_with("cannot parse `x.yaml`: ") && error.contains(message), "{error}");
            assert!(!error.contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn deep_nesting_recursive_aliases_and_large_files_are_bounded() {
        let mut bomb = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n".to_owned();
        for i in 1..20 {
            let names = vec![format!("*a{}", i - 1); 10].join(",");
            bomb = format!("{bomb}a{i}: &a{i} [{names}]\n");
        }
        assert!(ConfigFile::parse(&format!("{bomb}admin: {{endpoint: x}}\n"), Path::new("x.yaml")).is_ok());
        // Each of these is an error that uses little memory.
        parse_error(&format!("{bomb}admin: {{scopes: *a19}}\n"));
        parse_error(&"[".repeat(60_000));
        let long = tempfile::NamedTempFile::new().unwrap();
        long.as_file().set_len(1 << 40).unwrap();
        let error = ConfigFile::read(long.path()).unwrap_err();
        assert!(error.to_string().contains("larger than 64 KiB"), "{error}");
    }
}
