//! Pods that a cluster rejects, because it cannot mount a secret.

use sealkit_names::rules::check_key;

use super::{Cluster, secret_check::secret_exists};

/// The webhook of the backend rejects a pod with this text, followed by the request in brackets
/// (`secret/secrets_pod_mutator.go`).
const REJECTION: &str = "none of the secret managers injected secret";

/// Returns a hint for the error of a run whose pod was rejected; `None` for other errors.
pub(super) fn hint(cluster: &Cluster, reason: &str, project: &str, domain: &str) -> Option<String> {
    let (_, request) = reason.split_once(REJECTION)?;
    let Some(Rejected { key, is_file }) = Rejected::parse(request) else {
        return Some(
            "compare the requests of the tasks with the secrets: sealkit get secret --remote".to_owned(),
        );
    };
    Some(match cluster.wait(secret_exists(cluster, key, project, domain)) {
        Ok(true) if is_file => {
            format!("the cluster has secret `{key}` and cannot mount it: check the logs of its webhook")
        }
        Ok(true) => format!(
            "the cluster has secret `{key}`, but it is not text, or not in the namespace of the pod: request it with \
             `mount_requirement = FILE`"
        ),
        Ok(false) => format!("create the secret: sealkit create secret {key} --remote"),
        Err(_) => format!(
            "the cluster has no such secret, or does not support how the task mounts it: sealkit create secret {key} --remote"
        ),
    })
}

/// The request for a secret that a cluster cannot mount.
#[derive(Debug, PartialEq)]
struct Rejected<'a> {
    key: &'a str,
    is_file: bool,
}

impl<'a> Rejected<'a> {
    /// Parses a request, such as `[group:"g" key:"k"]`: the text format of a message, whose white space varies.
    fn parse(request: &'a str) -> Option<Self> {
        let (fields, _) = request.trim_start().strip_prefix('[')?.split_once(']')?;
        // Names contain no white space.
        let (_, key) =
            fields.split_once("key:").filter(|(before, _)| before.is_empty() || before.ends_with(' '))?;
        let (key, more) = key.trim_start().strip_prefix('"')?.split_once('"')?;
        check_key(key).ok()?;
        let mount = more.split_once("mount_requirement:").map(|(_, mount)| mount.trim_start());
        Some(Self { key, is_file: mount.is_some_and(|mount| mount.starts_with("FILE")) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_and_the_mount_of_a_request_are_found() {
        for (request, found) in [
            (r#" [key:"k"]: failed to inject secret [key:"other"]"#, Some(("k", false))),
            (r#" [group:"g"  key: "my_secret"  mount_requirement:FILE]"#, Some(("my_secret", true))),
            (r#" [key:"FILE" mount_requirement: ENV_VAR env_var:"FILE"]"#, Some(("FILE", false))),
            (r#" [group:"key:x"  key:"k"]"#, None),
            (r#" [group:"g"]: no key:"k""#, None),
            (r#" [key:"a b"]"#, None),
            (" [key:\"k", None),
            ("", None),
        ] {
            let found = found.map(|(key, is_file)| Rejected { key, is_file });
            assert_eq!(Rejected::parse(request), found, "{request}");
        }
    }
}
