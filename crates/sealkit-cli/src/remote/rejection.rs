//! Pods that a cluster rejects, because it cannot mount a secret.

use super::{Cluster, run::secret_exists};

/// The webhook of the backend rejects a pod with this text, followed by the request in brackets
/// (`secret/secrets_pod_mutator.go`).
const REJECTION: &str = "none of the secret managers injected secret";

/// Returns a hint for the error of a run whose pod was rejected; `None` for other errors.
pub(super) fn hint(cluster: &Cluster, reason: &str, project: &str, domain: &str) -> Option<String> {
    let (_, request) = reason.split_once(REJECTION)?;
    let Some(key) = key(request) else {
        return Some(
            "compare the requests of the tasks with the secrets: sealkit get secret --remote".to_owned(),
        );
    };
    Some(match cluster.wait(secret_exists(cluster, key, project, domain)) {
        Ok(true) => format!(
            "the cluster has secret `{key}`, but cannot mount it as the task requests it: if its value is not text, \
             request it with `mount_requirement = FILE`"
        ),
        Ok(false) => format!("create the secret: sealkit create secret {key} --remote"),
        Err(_) => format!(
            "the cluster has no such secret, or does not support how the task mounts it: sealkit create secret {key} --remote"
        ),
    })
}

/// Returns the key in a request, such as `[group:"g" key:"k"]`: the text format of a message, whose white space varies.
fn key(request: &str) -> Option<&str> {
    let (fields, _) = request.trim_start().strip_prefix('[')?.split_once(']')?;
    // Names contain no white space.
    let (_, key) =
        fields.split_once("key:").filter(|(before, _)| before.is_empty() || before.ends_with(' '))?;
    let (key, _) = key.trim_start().strip_prefix('"')?.split_once('"')?;
    sealkit_names::rules::check_key(key).is_ok().then_some(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_of_a_request_is_found() {
        for (request, found) in [
            (r#" [key:"k"]: failed to inject secret [key:"other"]"#, Some("k")),
            (r#" [group:"g"  key: "my_secret"  mount_requirement:FILE]"#, Some("my_secret")),
            (r#" [group:"key:x"  key:"k"]"#, None),
            (r#" [group:"g"]: no key:"k""#, None),
            (r#" [key:"a b"]"#, None),
            (" [key:\"k", None),
            ("", None),
        ] {
            assert_eq!(key(request), found, "{request}");
        }
    }
}
