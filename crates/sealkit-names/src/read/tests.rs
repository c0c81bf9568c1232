use super::*;

const PLAIN: Request<'static> =
    Request { group: None, group_version: None, key: "token", mount: MountType::Any, env_var: None };
const FILE: Request<'static> = Request { key: "cert", mount: MountType::File, ..PLAIN };
const VARIABLE: Request<'static> = Request { key: "pin", mount: MountType::EnvVar, ..PLAIN };
const GROUP_A: Request<'static> = Request { key: "dsn", group: Some("a"), ..PLAIN };
const GROUP_B: Request<'static> = Request { key: "dsn", group: Some("b"), ..PLAIN };
const ALL: [Request<'static>; 5] = [PLAIN, FILE, VARIABLE, GROUP_A, GROUP_B];
const API: Request<'static> = Request { key: "my_token", group: Some("api"), ..PLAIN };

fn read(
    requests: &[Request<'static>],
    group: Option<&str>,
    key: &str,
    access: Access,
) -> Result<usize, String> {
    rules::check_key(key).map_err(|error| invalid_key_message(error, requests, group, key, access))?;
    resolve(requests.iter().copied(), group, key, access)
        .map_err(|error| message(error, "t1", requests, group, key, access))
}

#[track_caller]
fn assert_suggests(requests: &[Request<'static>], group: Option<&str>, key: &str, code: &str) {
    let error = read(requests, group, key, Access::Value).unwrap_err();
    assert!(error.ends_with(&format!("did you mean {code}?")), "{error}");
}

#[test]
fn a_read_resolves_to_its_request() {
    assert_eq!(read(&ALL, None, "token", Access::Value), Ok(0));
    assert_eq!(read(&ALL, None, "token", Access::File), Ok(0));
    assert_eq!(read(&ALL, None, "cert", Access::Bytes), Ok(1));
    assert_eq!(read(&ALL, Some("b"), "dsn", Access::Value), Ok(4));
}

#[test]
fn a_failed_read_explains_what_to_write() {
    for (group, key, access, expected) in [
        (
            None,
            "tokn",
            Access::Value,
            "secret `tokn` is not declared by task `t1`, which declares `token`, `cert`, `pin`, `a/dsn` and `b/dsn`: did you mean `token`?",
        ),
        (
            None,
            "other",
            Access::File,
            "secret `other` is not declared by task `t1`, which declares `token`, `cert`, `pin`, `a/dsn` and `b/dsn`: add `Secret(key = \"other\", mount_requirement = FILE)` to its `secret_requests`",
        ),
        (
            None,
            "dsn",
            Access::Value,
            "task `t1` declares secret `dsn` in the groups `a` and `b`: choose one, as in `.group(\"a\").get(\"dsn\")`",
        ),
        (
            None,
            "dsn",
            Access::Reference,
            "task `t1` declares secret `dsn` in the groups `a` and `b`: choose one, as in `a/dsn`",
        ),
        (
            None,
            "pin",
            Access::File,
            "task `t1` requests secret `pin` as ENV_VAR, so it has no file: read it with `get`, or write `mount_requirement = FILE`",
        ),
        (
            None,
            "cert",
            Access::Variable,
            "task `t1` requests secret `cert` as FILE, so it has no environment variable: read it with `get` or `get_secrets_file`, or write `mount_requirement = ENV_VAR`",
        ),
    ] {
        assert_eq!(read(&ALL, group, key, access), Err(expected.to_owned()));
    }
    assert_eq!(
        read(&[], None, "k", Access::Value).unwrap_err(),
        "secret `k` is not declared by task `t1`: add `Secret(key = \"k\")` to its `secret_requests`"
    );
    assert_eq!(
        read(&[PLAIN, PLAIN], None, "k", Access::Value).unwrap_err(),
        "secret `k` is not declared by task `t1`, which declares `token`: add `Secret(key = \"k\")` to its `secret_requests`"
    );
}

#[test]
fn the_only_declared_secret_is_suggested_without_a_list() {
    assert_eq!(
        read(&[API], None, "my_tokne", Access::Value).unwrap_err(),
        "secret `my_tokne` is not declared by task `t1`: did you mean `my_token`?"
    );
    assert_eq!(
        read(&[API], Some("apy"), "my_token", Access::Bytes).unwrap_err(),
        "secret `apy/my_token` is not declared by task `t1`: did you mean `.group(\"api\").get_bytes(\"my_token\")`?"
    );
    assert_eq!(
        read(&[API], None, "my_tokne", Access::Reference).unwrap_err(),
        "secret `my_tokne` is not declared by task `t1`: did you mean `api/my_token`?"
    );
}

#[test]
fn the_key_is_suggested_alone_if_it_resolves() {
    assert_suggests(&[API], None, "my_tokne", "`my_token`");
    assert_suggests(&[API], Some("api"), "my_tokne", "`my_token`");
    assert_suggests(&[API, PLAIN], None, "my_tokne", "`my_token`");
    assert_suggests(&ALL, Some("b"), "dns", "`dsn`");
}

#[test]
fn the_group_is_suggested_if_the_key_is_not_enough() {
    assert_suggests(&ALL, None, "dns", "`.group(\"a\").get(\"dsn\")`");
    assert_suggests(&ALL, Some("c"), "dsn", "`.group(\"a\").get(\"dsn\")`");
    assert_suggests(&ALL, Some("c"), "dns", "`.group(\"a\").get(\"dsn\")`");
    assert_suggests(&ALL, Some("a"), "token", "`.get(\"token\")` without a group");
}

#[test]
fn a_key_with_a_group_before_it_is_split() {
    let rule = "a secret key is 1 to 128 ASCII letters, digits, `-` or `_`";
    assert_eq!(
        read(&[API], None, "api/my_token", Access::Value).unwrap_err(),
        format!("`api/my_token` contains `/`: {rule}; did you mean `my_token`?")
    );
    assert_suggests(&ALL, None, "b/dsn", "`.group(\"b\").get(\"dsn\")`");
    assert_suggests(&ALL, None, "b/dns", "`.group(\"b\").get(\"dsn\")`");
    assert_suggests(&ALL, Some("b"), "b/dsn", "`dsn`");
    assert_eq!(
        read(&[API], None, "x/other", Access::Bytes).unwrap_err(),
        format!("`x/other` contains `/`: {rule}; write the group as `.group(\"x\").get_bytes(\"other\")`")
    );
    assert_eq!(
        read(&[API], None, "a b/c d", Access::Value).unwrap_err(),
        format!("`a b/c d` contains ` `: {rule}")
    );
}

#[test]
fn a_key_with_and_without_a_group_is_ambiguous() {
    let requests = [VARIABLE, Request { group: Some("g"), mount: MountType::File, ..VARIABLE }];
    assert_eq!(
        read(&requests, None, "pin", Access::Value).unwrap_err(),
        "task `t1` declares secret `pin` without a group and in group `g`: choose one, as in `.group(\"g\").get(\"pin\")`"
    );
}

#[test]
fn every_suggested_call_resolves() {
    for request in ALL {
        for access in Access::METHODS.into_iter().filter(|access| access.supports(request.mount)) {
            let typo = format!("{}x", request.key);
            let Some(code) = suggestion(&ALL, None, &typo, access) else { continue };
            let quoted: Vec<&str> = code.split('"').skip(1).step_by(2).collect();
            let resolved = match quoted[..] {
                [group, key] => resolve(ALL.iter().copied(), Some(group), key, access),
                _ => resolve(ALL.iter().copied(), None, code.trim_matches('`'), access),
            };
            assert!(resolved.is_ok(), "{code}");
        }
    }
}
