//! Secrets are found in every place where an injector of Flyte 1 or Flyte 2 puts them.
//!
//! The injectors are implemented again, independently of the lookup of sealkit.

use std::{fs, path::Path};

use serde::Serialize;
use serde_json::{Value, json};
use support::{Program, hex};

/// The component that adds secrets to a pod. A cluster is configured with one of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Injector {
    Embedded,
    /// The same, after another secret file got the only variable for a path.
    EmbeddedAfterAnother,
    Kubernetes,
    KubernetesOfFlyte1,
    Global,
    Aws,
    Gcp,
    Azure,
    Vault,
}

const INJECTORS: [Injector; 9] = [
    Injector::Embedded,
    Injector::EmbeddedAfterAnother,
    Injector::Kubernetes,
    Injector::KubernetesOfFlyte1,
    Injector::Global,
    Injector::Aws,
    Injector::Gcp,
    Injector::Azure,
    Injector::Vault,
];

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
enum Mount {
    #[serde(rename = "ANY")]
    Any,
    #[serde(rename = "ENV_VAR")]
    Variable,
    #[serde(rename = "FILE")]
    File,
}

/// The request of the probe.
#[derive(Clone, Copy, Debug, Serialize)]
struct Request {
    key: &'static str,
    group: Option<&'static str>,
    group_version: Option<&'static str>,
    mount: Mount,
    env_var: Option<&'static str>,
}

/// The variables and files that an injector adds to a pod. A pod may start without its secret.
#[derive(Debug, Default)]
struct Pod {
    variables: Vec<(String, Vec<u8>)>,
    /// Files below the directory of the mounts.
    files: Vec<(String, Vec<u8>)>,
}

impl Pod {
    /// Returns a pod with the secret in the variables `name` and `more`.
    fn with_variable(prefix: &str, name: String, more: Option<&str>, value: &[u8]) -> Option<Self> {
        // Variables are text: otherwise the injector fails, or the container does not start.
        str::from_utf8(value).ok()?;
        let names = [name].into_iter().chain(more.map(str::to_owned));
        let mut variables: Vec<_> = names.map(|name| (name, value.to_vec())).collect();
        variables.push(("FLYTE_SECRETS_ENV_PREFIX".to_owned(), prefix.as_bytes().to_vec()));
        Some(Self { variables, files: Vec::new() })
    }

    /// Returns a pod with the secret in the file `path`, and a path in `variable`.
    fn with_file(mounts: &str, path: String, variable: Option<(&str, String)>, value: &[u8]) -> Self {
        let mut variables: Vec<_> = variable
            .map(|(name, path)| (name.to_owned(), format!("{mounts}/{path}").into_bytes()))
            .into_iter()
            .collect();
        variables.push(("FLYTE_SECRETS_DEFAULT_DIR".to_owned(), mounts.as_bytes().to_vec()));
        variables.push(("FLYTE_SECRETS_FILE_PREFIX".to_owned(), Vec::new()));
        Self { variables, files: vec![(path, value.to_vec())] }
    }
}

impl Injector {
    /// Returns the pod for a request, if this injector supports it. `prefix` is configured for the cluster.
    fn inject(self, request: Request, prefix: &str, mounts: &str, value: &[u8]) -> Option<Pod> {
        let Request { key, group, group_version, mount, env_var } = request;
        let is_variable = |any_is_one: bool| match mount {
            Mount::Any => any_is_one,
            Mount::Variable => true,
            Mount::File => false,
        };
        let lower = |parts: &[&str]| parts.join("/").to_lowercase();
        match self {
            Self::Embedded | Self::EmbeddedAfterAnother if is_variable(true) => {
                let name = env_var.map_or_else(|| format!("{prefix}{}", key.to_uppercase()), str::to_owned);
                Pod::with_variable(prefix, name, None, value)
            }
            // The path in the variable is in lower case, the name of the file is not.
            Self::Embedded | Self::EmbeddedAfterAnother => {
                let variable = env_var.filter(|_| self == Self::Embedded).map(|name| (name, lower(&[key])));
                Some(Pod::with_file(mounts, key.to_owned(), variable, value))
            }
            Self::Kubernetes => {
                let group = group.unwrap_or_else(|| md5(key));
                if is_variable(false) {
                    let name = format!("{prefix}{group}_{key}").to_uppercase();
                    return Pod::with_variable(prefix, name, env_var, value);
                }
                let path = lower(&[group, key]);
                Some(Pod::with_file(mounts, path.clone(), env_var.map(|name| (name, path)), value))
            }
            Self::KubernetesOfFlyte1 => {
                group.and_then(|_| Self::Kubernetes.inject(request, "_FSEC_", mounts, value))
            }
            Self::Global => {
                let name = format!("{prefix}{}_{key}", group?).to_uppercase();
                is_variable(true).then(|| Pod::with_variable(prefix, name, None, value))?
            }
            Self::Aws | Self::Gcp | Self::Azure | Self::Vault if is_variable(false) => None,
            Self::Aws => Some(Pod::with_file(mounts, lower(&[group?, key]), None, value)),
            Self::Gcp => Some(Pod::with_file(mounts, lower(&[group?, group_version?]), None, value)),
            Self::Azure => {
                let name = group?.rsplit('/').next()?;
                let path = group_version.map_or_else(|| lower(&[name]), |version| lower(&[name, version]));
                Some(Pod::with_file(mounts, path, None, value))
            }
            Self::Vault => Some(Pod::with_file(mounts, format!("{}/{key}", group?), None, value)),
        }
    }
}

const KEYS: [&str; 4] = ["my_key", "my-key", "My-Key", "TOKEN"];

/// Returns the group that the Kubernetes injector derives from a key.
fn md5(key: &str) -> &'static str {
    match key {
        "my_key" => "9ed6e46a3ff88783ff75296a4ba523f9",
        "my-key" => "515780610702189dabd912e9c9ef6f38",
        "My-Key" => "bca1b296e1dec7bf7b8f59c467527f29",
        _ => "94c8aa2452bccd82ee129b46f7c4be79",
    }
}

fn requests() -> Vec<Request> {
    let mut requests = Vec::new();
    for key in KEYS {
        for group in [None, Some("db"), Some("My-Group")] {
            for group_version in [None, Some("V2")] {
                for mount in [Mount::Any, Mount::Variable, Mount::File] {
                    for env_var in [None, Some("MY_TOKEN")] {
                        requests.push(Request { key, group, group_version, mount, env_var });
                    }
                }
            }
        }
    }
    requests
}

fn read(request: Request, variables: &[(String, Vec<u8>)]) -> Value {
    let pod = Program::new(env!("CARGO_BIN_EXE_probe")).env("FLYTE_INTERNAL_EXECUTION_ID", "f3a9");
    let pod = variables.iter().fold(pod, |pod, (name, value)| {
        pod.env(name, <std::ffi::OsStr as std::os::unix::ffi::OsStrExt>::from_bytes(value))
    });
    let finished = pod.input(serde_json::to_vec(&request).unwrap()).run().unwrap();
    assert_eq!(finished.code, Some(0), "{finished}");
    serde_json::from_str(&finished.stdout).unwrap()
}

/// Returns the first unexpected part of an answer.
fn mismatch(
    request: Request,
    pod: &Pod,
    mounts: &Path,
    value: &[u8],
    answer: &Value,
) -> Option<&'static str> {
    let text = str::from_utf8(value).ok();
    let right = match text {
        Some(text) => answer["text"]["ok"] == hex(text.trim().as_bytes()),
        None => answer["text"]["error"] == "not_text",
    };
    if !right {
        return Some("text");
    }
    if answer["bytes"]["ok"] != hex(value) {
        return Some("bytes");
    }
    if let [(file, _)] = pod.files.as_slice()
        && answer["file"]["ok"] != json!([hex(mounts.join(file).as_os_str().as_encoded_bytes()), hex(value)])
    {
        return Some("file");
    }
    // Only a declared variable remains in the environment, and it may contain a path.
    let declared = pod.variables.iter().find(|(name, _)| request.env_var == Some(name));
    let named = declared.filter(|(_, held)| held == value).map(|(name, _)| name.as_str());
    let right = match named {
        Some(name) => answer["variable"]["ok"] == name,
        None => answer["variable"]["ok"].is_null(),
    };
    (!right).then_some("variable")
}

#[test]
fn a_secret_is_found_in_every_place_of_every_injector() {
    let mut read_from = INJECTORS.map(|injector| (injector, 0));
    let mut failures = Vec::new();
    for (injector, count) in &mut read_from {
        for request in requests() {
            // The prefix is configurable.
            for (prefix, value) in
                [("_UNION_", &b" Zx81\n"[..]), ("mine_", b"Zx81"), ("_UNION_", b"\xff\x00 \n")]
            {
                let directory = tempfile::tempdir().unwrap();
                let mounts = directory.path().to_str().unwrap();
                let Some(pod) = injector.inject(request, prefix, mounts, value) else { continue };
                for (path, content) in &pod.files {
                    let path = directory.path().join(path);
                    fs::create_dir_all(path.parent().unwrap()).unwrap();
                    fs::write(path, content).unwrap();
                }
                let answer = read(request, &pod.variables);
                if let Some(mismatch) = mismatch(request, &pod, directory.path(), value, &answer) {
                    failures.push(format!("{injector:?}: {mismatch}: {request:?}\n{pod:?}\n{answer:#}"));
                }
                *count += 1;
            }
        }
    }
    let first = failures.first().map(String::as_str).unwrap_or_default();
    assert!(failures.is_empty(), "{} of {read_from:?}:\n{first}", failures.len());
    assert!(read_from.iter().all(|(_, count)| *count > 0), "{read_from:?}");
}

/// The references of the Kubernetes injector are optional: a pod starts without its secret.
#[test]
fn a_secret_that_is_missing_on_the_cluster_is_not_found() {
    for request in requests() {
        let directory = tempfile::tempdir().unwrap();
        let mounts = directory.path().to_str().unwrap();
        let mut pod = Injector::Kubernetes.inject(request, "_UNION_", mounts, b"hunter2").unwrap();
        pod.variables.retain(|(_, value)| value != b"hunter2");
        let answer = read(request, &pod.variables);
        for way in ["text", "bytes", "file", "variable"] {
            let expected = match (way, request.mount) {
                ("file", Mount::Variable) | ("variable", Mount::File) => "wrong_mount",
                _ => "not_found",
            };
            assert_eq!(answer[way]["error"], expected, "{way}: {request:?}\n{pod:?}\n{answer:#}");
        }
    }
}
