use super::*;

#[test]
fn keys_follow_the_pattern_of_flyte() {
    for good in ["k", "my_secret", "My-Key", "0", "-k", &"k".repeat(KEY_MAX)] {
        assert_eq!(check_key(good), Ok(()), "{good}");
    }
    for bad in
        ["", "a/b", "..", ".", "/etc/passwd", "a\\b", "a\0", "a b", "ключ", "a\n", &"k".repeat(KEY_MAX + 1)]
    {
        assert_eq!(check_key(bad), Err(NameError::Key), "{bad}");
    }
}

#[test]
fn a_group_may_be_an_arn_a_uri_or_a_path() {
    let arn = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:prod/db-AbC123";
    let uri = "https://my-vault.vault.azure.net/secrets/db";
    for good in [arn, uri, "secret/data/app", "kv/app.v2", "a@b+c", &"g".repeat(REQUESTED_GROUP_MAX)] {
        assert_eq!(check_group(good), Ok(()), "{good}");
        assert_eq!(check_stored_group(good), Err(NameError::StoredGroup), "{good}");
    }
    assert_eq!((check_group("db_1"), check_stored_group("db_1")), (Ok(()), Ok(())));
    let long = "g".repeat(REQUESTED_GROUP_MAX + 1);
    for bad in [
        "", "/etc", "a/", ".", "..", "a/../b", "../a", "a/./b", "a/..", "a b", "a=b", "a\n", "a\\b",
        "\u{e4}", &long,
    ] {
        assert_eq!(check_group(bad), Err(NameError::Group), "{bad}");
        assert_eq!(check_stored_group(bad), Err(NameError::Group), "{bad}");
    }
}

#[test]
fn secrets_on_a_cluster_may_have_dots_in_their_names() {
    for good in ["a.b", "..", "my_secret", &"k".repeat(CLUSTER_KEY_MAX)] {
        assert_eq!(check_cluster_key(good), Ok(()), "{good}");
    }
    for bad in ["", "a/b", "a b", "ä", &"k".repeat(CLUSTER_KEY_MAX + 1)] {
        assert_eq!(check_cluster_key(bad), Err(NameError::ClusterKey), "{bad}");
    }
}

#[test]
fn invalid_and_reserved_variables_are_rejected() {
    for good in ["HF_TOKEN", "_X", "A1", "PATHS", "LDAP"] {
        assert_eq!(check_env_var(good), Ok(()), "{good}");
    }
    for bad in ["", "1A", "a", "A-B", "A\n", "A B", "ÄB"] {
        assert_eq!(check_env_var(bad), Err(NameError::EnvVar), "{bad}");
    }
    for reserved in ["PATH", "LD_PRELOAD", "FLYTE_SECRETS_DEFAULT_DIR", "_UNION_K", "PYTHONPATH", "RUST_LOG"]
    {
        assert_eq!(check_env_var(reserved), Err(NameError::ReservedEnvVar), "{reserved}");
    }
}

#[test]
fn a_task_sets_every_variable_but_those_of_flyte_and_sealkit() {
    for good in ["LOG_LEVEL", "http_proxy", "_X", "A1", "PATH", "RUST_LOG", "PYTHONPATH"] {
        assert_eq!(check_variable(good), Ok(()), "{good}");
    }
    for bad in ["", "1A", "A-B", "A\n", "A B", "A=B", "ÄB", "A\0"] {
        assert_eq!(check_variable(bad), Err(NameError::Variable), "{bad}");
    }
    for reserved in ["FLYTE_ATTEMPT_NUMBER", "SEALKIT_HOME", "_UNION_K", "_FSEC_K", "_U_ORG_NAME", "RUN_NAME"]
    {
        assert_eq!(check_variable(reserved), Err(NameError::ReservedVariable), "{reserved}");
    }
}

#[test]
fn messages_contain_the_name_the_character_and_the_rule() {
    assert_eq!(
        NameError::Key.message("a/b"),
        "`a/b` contains `/`: a secret key is 1 to 128 ASCII letters, digits, `-` or `_`"
    );
    assert!(NameError::Key.message("").starts_with("empty name: "));
    assert!(NameError::Key.message("a\u{1b}[2J").contains("contains `\\u{1b}`"));
    assert!(NameError::Key.message(&"k".repeat(10_000)).len() < 400);
}
