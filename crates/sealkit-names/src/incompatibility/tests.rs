//! Tests of incompatibilities.

use super::*;

/// Parses `group@version/key=ENV_VAR:MOUNT`, where all parts except the key are optional.
fn request(text: &'static str) -> Request<'static> {
    let (text, mount) = text.split_once(':').unwrap_or((text, "ANY"));
    let (text, env_var) = text.split_once('=').map_or((text, None), |(text, name)| (text, Some(name)));
    let (group, key) = text.split_once('/').map_or((None, text), |(group, key)| (Some(group), key));
    let (group, group_version) = match group.and_then(|group| group.split_once('@')) {
        Some((group, version)) => (Some(group), Some(version)),
        None => (group, None),
    };
    Request { group, group_version, key, mount: MountType::from_name(mount).unwrap(), env_var }
}

/// Returns whether each incompatibility is fatal, and its text. `NoGroups` has its own test.
fn check(requests: &[&'static str]) -> Vec<(bool, String)> {
    let requests: Vec<_> = requests.iter().map(|text| request(text)).collect();
    let found = incompatibilities(&requests).into_iter();
    let found = found.filter(|found| !matches!(found, Incompatibility::NoGroups { .. }));
    found.map(|found| (found.is_fatal(), found.to_string())).collect()
}

fn fatal(text: &str) -> Vec<(bool, String)> {
    vec![(true, text.to_owned())]
}

fn warning(text: &str) -> Vec<(bool, String)> {
    vec![(false, text.to_owned())]
}

#[test]
fn ordinary_requests_are_compatible() {
    let ordinary: [&[&str]; 7] = [
        &[],
        &["hf_token=HF_TOKEN:ENV_VAR", "openai=OPENAI_API_KEY:ENV_VAR", "other"],
        &["My-Key", "OTHER:FILE"],
        &["a:FILE", "b:FILE", "c:FILE"],
        &["cert=CERT:FILE", "token=TOKEN:ENV_VAR", "any=ANY_OF_THEM"],
        &["k:ENV_VAR", "k:FILE"],
        &["k=K:ENV_VAR", "k=K_FILE:FILE"],
    ];
    for requests in ordinary {
        let requests: Vec<_> = requests.iter().map(|text| request(text)).collect();
        assert_eq!(incompatibilities(&requests), [], "{requests:?}");
    }
}

#[test]
fn the_same_key_in_two_groups_is_fatal() {
    assert_eq!(
        check(&["a/k=A:ENV_VAR", "b/k=B:ENV_VAR"]),
        fatal("Flyte 2 ignores the groups of its own secrets: `a/k` and `b/k` would both be the secret `k`")
    );
    assert_eq!(
        check(&["k:ENV_VAR", "b/k:FILE"]),
        fatal("Flyte 2 ignores the groups of its own secrets: `k` and `b/k` would both be the secret `k`")
    );
    assert_eq!(
        check(&["g@1/k=A:ENV_VAR", "g@2/k=B:ENV_VAR"]),
        fatal(
            "Flyte 2 ignores the groups of its own secrets: `g/k` (version `1`) and `g/k` (version `2`) would both be the secret `k`"
        )
    );
    assert_eq!(check(&["a/k:ENV_VAR", "a/k:FILE"]), []);
    assert_eq!(check(&["a/k", "b/K2"]), []);
}

#[test]
fn a_third_colliding_request_is_reported_once() {
    assert_eq!(check(&["a/k=A:ENV_VAR", "b/k=B:ENV_VAR", "c/k=C:ENV_VAR"]).len(), 2);
}

#[test]
fn two_secrets_in_the_same_variable_are_fatal() {
    let text = "`a` and `b` would share the environment variable `X`";
    assert_eq!(check(&["a=X:FILE", "b=X:ENV_VAR"]), fatal(text));
    assert_eq!(check(&["a=X:ENV_VAR", "b=X:FILE"]), fatal(text));
    assert_eq!(check(&["a=X:FILE", "b=X"]), fatal(text));
    assert_eq!(check(&["a=X:FILE", "b=X:FILE"])[0], fatal(text)[0]);
}

#[test]
fn the_path_of_a_key_with_capitals_is_reported() {
    assert_eq!(
        check(&["My-Key=CERT:FILE"]),
        warning(
            "Flyte 2 sets `CERT` to a path that does not exist: the file name is `My-Key`, but the path ends in `my-key`"
        )
    );
    assert_eq!(check(&["My-Key=CERT:ENV_VAR"]), []);
    assert_eq!(check(&["My-Key=CERT"]), []);
}

#[test]
fn the_variables_of_several_files_may_be_missing() {
    assert_eq!(
        check(&["a=A:FILE", "b=B:FILE", "c=C:FILE"]),
        warning(
            "Flyte 2 sets the environment variable of only one secret file: `A`, `B` and `C` may be missing"
        )
    );
    assert_eq!(
        check(&["a=A:FILE", "b:FILE"]),
        warning("Flyte 2 sets the environment variable of only one secret file: `A` may be missing")
    );
    assert_eq!(check(&["a=A:FILE", "b=B"]), []);
}

#[test]
fn files_of_a_group_in_two_versions_are_reported() {
    assert_eq!(
        check(&["g@1/a:FILE", "g@2/b"]),
        warning(
            "`g/a` (version `1`) and `g/b` (version `2`) are files of the same group in different versions: if `g` is a Kubernetes secret, the pod cannot start"
        )
    );
    assert_eq!(check(&["g@1/a", "g/b"]).len(), 1);
    assert_eq!(check(&["g@1/a:ENV_VAR", "g@2/b:FILE"]), []);
    assert_eq!(check(&["g@1/a:FILE", "g@1/b:FILE"]), []);
    assert_eq!(check(&["g@1/a:FILE", "h@2/b:FILE"]), []);
}

#[test]
fn a_group_that_is_too_long_for_a_volume_is_reported() {
    const LONGEST: &str = "a23456789-123456789-123456789-12345678/k:FILE";
    const LONGER: &str = "a23456789-123456789-123456789-123456789/k";
    assert_eq!(check(&[LONGEST]), []);
    assert_eq!(
        check(&[LONGER]),
        warning(
            "the group of `a23456789-123456789-123456789-123456789/k` is too long for a volume: if \
             `a23456789-123456789-123456789-123456789` is a Kubernetes secret, the pod cannot start"
        )
    );
    // The version is a part of the name of the volume.
    assert_eq!(check(&["a23456789-123456789-123456789-123456@1/k:FILE"]), []);
    assert_eq!(check(&["a23456789-123456789-123456789-123456@12/k:FILE"]), []);
    assert_eq!(check(&["a23456789-123456789-123456789-123456@123/k:FILE"]).len(), 1);
    assert_eq!(check(&["a23456789-123456789-123456789-123456789/k:ENV_VAR"]), []);
    assert_eq!(check(&["a234567890123456789012345678901234567890"]), []);
}

#[test]
fn a_key_that_breaks_a_template_of_vault_is_reported() {
    assert_eq!(
        check(&["kv/api-key:FILE"]),
        warning(
            "`api-key` is no valid field of a Vault template: if `kv` is a path in Vault, the pod cannot start"
        )
    );
    assert_eq!(check(&["kv/2fa"]).len(), 1);
    for valid in ["kv/api_key2:FILE", "kv/_2fa", "api-key:FILE", "2fa", "kv/api-key:ENV_VAR"] {
        assert_eq!(check(&[valid]), [], "{valid}");
    }
}

#[test]
fn ignored_groups_are_reported_once() {
    let requests = ["db/password", "plain", "hub@1/token", "db/user"].map(request);
    let [note] = &incompatibilities(&requests)[..] else { panic!("expected one incompatibility") };
    assert!(!note.is_fatal());
    assert_eq!(
        note.to_string(),
        "Flyte 2 ignores the groups of its own secrets: `db/password` becomes `password`, \
         `hub/token` (version `1`) becomes `token`, `db/user` becomes `user`"
    );
    assert_eq!(
        note.hint(),
        "create missing secrets without a group: `sealkit create secret password --remote`, \
         `sealkit create secret token --remote` and `sealkit create secret user --remote`; \
         only clusters with secrets in Kubernetes or a vault use groups"
    );
}

#[test]
fn fatal_incompatibilities_come_first() {
    let requests = ["g@1/a=X:FILE", "g@2/b=X:FILE", "h/a:ENV_VAR"].map(request);
    let fatal: Vec<bool> = incompatibilities(&requests).iter().map(Incompatibility::is_fatal).collect();
    assert_eq!(fatal, [true, true, false, false, false]);
}
