//! Secrets do not leave a task: not in its outputs, its errors or its logs, and not in the inputs of other tasks.

use std::{
    collections::BTreeMap,
    fmt,
    io::{self, Write},
    sync::{Arc, Mutex},
    time::Duration,
};

use sealkit::{
    ErrorKind, File, Session, TaskMetadata, TaskType, current_context, guard::Strength, task,
    testing::TestSecrets, tracing::RedactedLog, workflow,
};

const PASSWORD: &str = "k3Jq-71xT/wPz";
const NUMBER: &str = "7391846205";

fn test_secrets() -> TestSecrets {
    TestSecrets::new()
        .with_group("db", "password", PASSWORD)
        .with("number", NUMBER)
        .with("pin", "739184")
        .with("word", "production")
}

fn read_password() -> sealkit::Result<String> {
    current_context().secrets().group("db").get("password").map(|password| password.expose().to_owned())
}

/// Returns the message and the hint of a leak error.
fn leak_error<T>(result: sealkit::Result<T>) -> String {
    let error = result.map(drop).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Leak, "{error}");
    let text = format!("{error}\n{}", error.hint().unwrap_or_default());
    assert!(!format!("{text} {error:?} {error:#}").contains("71xT"), "{text}");
    text
}

#[derive(TaskType)]
struct Connection {
    host: String,
    dsn: Option<String>,
    tables: Vec<BTreeMap<String, String>>,
}

/// Puts `secret` into one field of a connection.
#[task(secret_requests = [Secret(key = "password", group = "db")])]
fn connect(field: String, secret: String) -> sealkit::Result<Connection> {
    read_password()?;
    let mut connection = Connection { host: "db".to_owned(), dsn: None, tables: Vec::new() };
    match field.as_str() {
        "host" => connection.host = secret,
        "dsn" => connection.dsn = Some(secret),
        "value" => connection.tables.push([("name".to_owned(), secret)].into()),
        "key" => connection.tables.push([(secret, "users".to_owned())].into()),
        _ => {}
    }
    Ok(connection)
}

#[test]
fn every_field_of_an_output_is_checked_and_named_in_the_error() {
    let connect =
        |field: &str, secret: &str| test_secrets().run(|| connect(field.to_owned(), secret.to_owned()));
    insta::assert_snapshot!(leak_error(connect("host", PASSWORD)), @r#"
    output `o0.host` of task `connect` contains secret `db/password` (in plain text, at byte 0 of 13)
    return what was made with the secret, not the secret; to allow it, add to task `connect`: allow_secret_in(output = "o0.host", secret = "db/password", because = "...")
    "#);
    insta::assert_snapshot!(leak_error(connect("dsn", "pg://u:k3Jq-71xT%2FwPz@h")), @r#"
    output `o0.dsn` of task `connect` contains secret `db/password` (percent-encoded, at byte 7 of 24)
    return what was made with the secret, not the secret; to allow it, add to task `connect`: allow_secret_in(output = "o0.dsn", secret = "db/password", because = "...")
    "#);
    insta::assert_snapshot!(leak_error(connect("value", "azNKcS03MXhUL3dQeg==")), @r#"
    output `o0.tables.0.name` of task `connect` contains secret `db/password` (in base64, at byte 0 of 20)
    return what was made with the secret, not the secret; to allow it, add to task `connect`: allow_secret_in(output = "o0.tables.0.name", secret = "db/password", because = "...")
    "#);
    // The key is a part of the path, so the path is redacted.
    insta::assert_snapshot!(leak_error(connect("key", PASSWORD)), @r#"
    output `o0.tables.0.[REDACTED:db/password]` of task `connect` contains secret `db/password` (in plain text, at byte 0 of 13)
    return what was made with the secret, not the secret; to allow it, add to task `connect`: allow_secret_in(output = "o0", secret = "db/password", because = "...")
    "#);
    assert_eq!(connect("none", PASSWORD).unwrap().host, "db");
    // Values that do not contain a secret are returned.
    assert_eq!(connect("host", "hunter2-hunter2").unwrap().host, "hunter2-hunter2");
}

#[task(secret_requests = [Secret(key = "password", group = "db")])]
fn letters() -> sealkit::Result<Vec<String>> {
    Ok(read_password()?.chars().map(String::from).collect())
}

#[task(secret_requests = [Secret(key = "password", group = "db")])]
fn bytes() -> sealkit::Result<Vec<u8>> {
    Ok(read_password()?.into_bytes())
}

#[task(secret_requests = [Secret(key = "password", group = "db")])]
fn file() -> sealkit::Result<File> {
    Ok(File::new(format!("s3://bucket/{}", read_password()?)))
}

#[task(secret_requests = [Secret(key = "number")])]
fn integer() -> sealkit::Result<i64> {
    current_context().secrets().get("number")?.expose().parse().map_err(sealkit::Error::other)
}

#[task(secret_requests = [Secret(key = "number")])]
fn float() -> sealkit::Result<Option<f64>> {
    current_context().secrets().get("number")?.expose().parse().map(Some).map_err(sealkit::Error::other)
}

#[task(secret_requests = [Secret(key = "number")])]
fn duration() -> sealkit::Result<Duration> {
    let seconds =
        current_context().secrets().get("number")?.expose().parse().map_err(sealkit::Error::other)?;
    Ok(Duration::from_secs(seconds))
}

#[task(secret_requests = [Secret(key = "password", group = "db")])]
async fn asynchronous() -> anyhow::Result<String> {
    tokio::task::yield_now().await;
    Ok(read_password()?)
}

#[test]
fn a_secret_is_found_in_values_of_every_type() {
    let first_line = |text: String| text.lines().next().unwrap_or_default().to_owned();
    let errors = [
        leak_error(test_secrets().run(letters)),
        leak_error(test_secrets().run(bytes)),
        leak_error(test_secrets().run(file)),
        leak_error(test_secrets().run(integer)),
        leak_error(test_secrets().run(float)),
        leak_error(test_secrets().run(duration)),
    ]
    .map(first_line)
    .join("\n");
    insta::assert_snapshot!(errors, @"
    output `o0` of task `letters` contains secret `db/password` (with other characters in between)
    output `o0` of task `bytes` contains secret `db/password` (in plain text, at byte 0 of 13)
    output `o0` of task `file` contains secret `db/password` (in plain text, at byte 12 of 25)
    output `o0` of task `integer` contains secret `number` (in plain text, at byte 0 of 10)
    output `o0` of task `float` contains secret `number` (in plain text, at byte 0 of 10)
    output `o0` of task `duration` contains secret `number` (in plain text, at byte 1 of 13)
    ");
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let error = runtime.block_on(test_secrets().scope(asynchronous())).unwrap_err();
    assert_eq!(error.downcast::<sealkit::Error>().unwrap().kind(), ErrorKind::Leak);
}

#[task(secret_requests = [Secret(key = "pin"), Secret(key = "word")])]
fn weak(output: String) -> sealkit::Result<String> {
    let secrets = current_context().secrets();
    secrets.get("pin").and(secrets.get("word"))?;
    Ok(output)
}

#[test]
fn a_weak_secret_is_an_error_only_as_a_whole_output_and_an_unguarded_one_never() {
    let weak = |output: &str| test_secrets().run(|| weak(output.to_owned()));
    assert!(leak_error(weak("739184")).starts_with("output `o0` of task `weak` contains secret `pin`"));
    assert_eq!(weak("row 739184").unwrap(), "row 739184");
    assert_eq!(weak("production").unwrap(), "production");
    let guard = test_secrets().guard();
    let mut strengths: Vec<_> = guard.weak().collect();
    strengths.sort_by_key(|(name, _)| *name);
    assert!(
        matches!(strengths[..], [("pin", Strength::Weak(_)), ("word", Strength::None(_))]),
        "{strengths:?}"
    );
}

#[task]
fn nosy(password: String) -> sealkit::Result<String> {
    Ok(password)
}

#[test]
fn only_secrets_that_the_task_has_read_are_found() {
    // `nosy` requests no secrets, so its output may contain the password.
    assert_eq!(test_secrets().run(|| nosy(PASSWORD.to_owned())).unwrap(), PASSWORD);
}

/// Passes the password to another task.
#[workflow(secret_requests = [Secret(key = "password", group = "db")])]
fn hands_over() -> sealkit::Result<String> {
    nosy(read_password()?)
}

#[workflow(
    secret_requests = [Secret(key = "password", group = "db")],
    allow_secret_in(input = "nosy.password", secret = "db/password", because = "it stays in this process"),
    allow_secret_in(output = "o0", secret = "db/password", because = "this is a test"),
)]
fn hands_over_on_purpose() -> sealkit::Result<String> {
    nosy(read_password()?)
}

#[test]
fn the_inputs_of_a_called_task_are_checked_for_secrets_of_the_caller() {
    insta::assert_snapshot!(leak_error(test_secrets().run(hands_over)), @r#"
    input `password` from task `hands_over` to task `nosy` contains secret `db/password` (in plain text, at byte 0 of 13)
    request the secret in task `nosy` instead; to allow it, add to task `hands_over`: allow_secret_in(input = "nosy.password", secret = "db/password", because = "...")
    "#);
    assert_eq!(test_secrets().run(hands_over_on_purpose).unwrap(), PASSWORD);
}

/// Is allowed to return an address that contains the password.
#[task(
    secret_requests = [Secret(key = "password", group = "db"), Secret(key = "number")],
    allow_secret_in(output = "o0.dsn", secret = "db/password", because = "the address is signed for an hour"),
)]
fn allowed(host: String) -> sealkit::Result<Connection> {
    let (secret, number) = (read_password()?, current_context().secrets().get("number")?);
    let host = if host == "number" { number.expose().to_owned() } else { host };
    Ok(Connection { host, dsn: Some(format!("pg://u:{secret}@h")), tables: Vec::new() })
}

#[test]
fn an_allowance_is_in_the_metadata_and_covers_one_secret_in_one_field() {
    let allowed_with = |host: &str| test_secrets().run(|| allowed(host.to_owned()));
    assert!(allowed_with("db").unwrap().dsn.unwrap().contains(PASSWORD));
    // The same secret in another field, and another secret.
    assert!(leak_error(allowed_with(PASSWORD)).starts_with("output `o0.host` of task `allowed`"));
    assert!(
        leak_error(allowed_with("number"))
            .starts_with("output `o0.host` of task `allowed` contains secret `number`")
    );

    let metadata = serde_json::to_value(TaskMetadata::of(&allowed)).unwrap();
    let recorded = serde_json::json!([{
        "output": "o0.dsn", "secret": "db/password", "because": "the address is signed for an hour",
    }]);
    assert_eq!(metadata["allowed_secrets"], recorded);
    assert_eq!(serde_json::to_value(TaskMetadata::of(&connect)).unwrap().get("allowed_secrets"), None);
}

#[task(secret_requests = [Secret(key = "password", group = "db")])]
fn fails() -> anyhow::Result<()> {
    let secret = read_password()?;
    let cause = anyhow::anyhow!("password authentication failed for app:{secret}");
    Err(cause.context("the warehouse cannot be reached"))
}

#[task(secret_requests = [Secret(key = "password", group = "db")])]
fn fails_with_a_source() -> sealkit::Result<()> {
    let secret = read_password()?;
    Err(sealkit::Error::provider("the vault is sealed").with_source(format!("token {secret}")))
}

/// An error type of the user.
#[derive(Debug, PartialEq)]
enum Typed {
    Sealkit(String),
    Custom(String),
}

impl From<sealkit::Error> for Typed {
    fn from(error: sealkit::Error) -> Self {
        Self::Sealkit(error.to_string())
    }
}

impl fmt::Display for Typed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Self::Sealkit(text) | Self::Custom(text)) = self;
        f.write_str(text)
    }
}

#[task(secret_requests = [Secret(key = "password", group = "db")])]
fn fails_with_a_type(with_secret: bool) -> Result<(), Typed> {
    let secret = read_password()?;
    Err(Typed::Custom(if with_secret {
        format!("no such user: {secret}")
    } else {
        "no such user".to_owned()
    }))
}

#[test]
fn an_error_is_redacted_with_its_sources() {
    let format = |error: anyhow::Error| format!("{error} | {error:#} | {error:?}");
    let text = format(test_secrets().run(fails).unwrap_err());
    assert!(!text.contains("71xT"), "{text}");
    assert!(text.starts_with(
        "the warehouse cannot be reached | the warehouse cannot be reached: password authentication failed for \
         app:[REDACTED:db/password] |"
    ));
    let error = test_secrets().run(fails_with_a_source).unwrap_err();
    let text = format!("{error} {error:#} {error:?}");
    assert!(!text.contains("71xT") && text.contains("sealed: token [REDACTED:db/password]"), "{text}");
}

#[test]
fn an_error_without_a_secret_keeps_its_type() {
    let fails = |with_secret| test_secrets().run(|| fails_with_a_type(with_secret)).unwrap_err();
    assert_eq!(fails(false), Typed::Custom("no such user".to_owned()));
    assert_eq!(fails(true), Typed::Sealkit("no such user: [REDACTED:db/password]".to_owned()));
}

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[task(secret_requests = [Secret(key = "password", group = "db"), Secret(key = "number")])]
fn logs() -> sealkit::Result<()> {
    let secret = read_password()?;
    let span = tracing::info_span!("connect", %secret);
    let _entered = span.enter();
    tracing::info!(url = format!("pg://u:{}@h", secret.replace('/', "%2F")), "connecting as {secret:?}");
    let number = current_context().secrets().get("number")?;
    // On a thread without the context of the task.
    let event = || tracing::warn!("number {}", number.expose());
    let subscriber = tracing::dispatcher::get_default(Clone::clone);
    std::thread::scope(|threads| {
        threads.spawn(|| tracing::dispatcher::with_default(&subscriber, event));
    });
    Ok(())
}

#[test]
fn logs_are_redacted_on_every_thread() {
    let (session, lines): (Session, Lines) = (test_secrets().session(), Lines::default());
    let writer = {
        let lines = lines.clone();
        RedactedLog::new(&session, move || lines.clone())
    };
    let subscriber = tracing_subscriber::fmt().with_ansi(false).without_time().with_writer(writer).finish();
    tracing::subscriber::with_default(subscriber, || session.run(logs)).unwrap();
    let text = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    insta::assert_snapshot!(text, @r#"
     INFO connect{secret=[REDACTED:db/password]}: tasks::leaks: connecting as "[REDACTED:db/password]" url="pg://u:[REDACTED:db/password]@h"
     WARN tasks::leaks: number [REDACTED:number]
    "#);
}
