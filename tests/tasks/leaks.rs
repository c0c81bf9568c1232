//! A secret leaves a task neither in its output, nor in the inputs of another task, nor in an error.

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

fn kit() -> TestSecrets {
    TestSecrets::new()
        .with_group("db", "password", PASSWORD)
        .with("number", NUMBER)
        .with("pin", "739184")
        .with("word", "production")
}

fn password() -> sealkit::Result<String> {
    current_context().secrets().group("db").get("password").map(|password| password.expose().to_owned())
}

/// What is said of a refused output: message and hint.
fn refused<T>(result: sealkit::Result<T>) -> String {
    let error = result.map(drop).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Leak, "{error}");
    let told = format!("{error}\n{}", error.hint().unwrap_or_default());
    assert!(!format!("{told} {error:?} {error:#}").contains("71xT"), "{told}");
    told
}

#[derive(TaskType)]
struct Connection {
    host: String,
    dsn: Option<String>,
    tables: Vec<BTreeMap<String, String>>,
}

/// Puts the password into one place of a connection, in one form.
#[task(secret_requests = [Secret(key = "password", group = "db")])]
fn connect(place: String, secret: String) -> sealkit::Result<Connection> {
    password()?;
    let mut connection = Connection { host: "db".to_owned(), dsn: None, tables: Vec::new() };
    match place.as_str() {
        "host" => connection.host = secret,
        "dsn" => connection.dsn = Some(secret),
        "value" => connection.tables.push([("name".to_owned(), secret)].into()),
        "key" => connection.tables.push([(secret, "users".to_owned())].into()),
        _ => {}
    }
    Ok(connection)
}

#[test]
fn every_part_of_an_output_is_checked_and_the_error_tells_which() {
    let connect = |place: &str, secret: &str| kit().run(|| connect(place.to_owned(), secret.to_owned()));
    insta::assert_snapshot!(refused(connect("host", PASSWORD)), @r#"
    output `o0.host` of task `connect` holds secret `db/password` (in plain text, at byte 0 of 13)
    return what was made with the secret, not the secret; if it is meant, say so on task `connect`: allow_secret_in(output = "o0.host", secret = "db/password", because = "...")
    "#);
    insta::assert_snapshot!(refused(connect("dsn", "pg://u:k3Jq-71xT%2FwPz@h")), @r#"
    output `o0.dsn` of task `connect` holds secret `db/password` (percent-encoded, at byte 7 of 24)
    return what was made with the secret, not the secret; if it is meant, say so on task `connect`: allow_secret_in(output = "o0.dsn", secret = "db/password", because = "...")
    "#);
    insta::assert_snapshot!(refused(connect("value", "azNKcS03MXhUL3dQeg==")), @r#"
    output `o0.tables.0.name` of task `connect` holds secret `db/password` (in base64, at byte 0 of 20)
    return what was made with the secret, not the secret; if it is meant, say so on task `connect`: allow_secret_in(output = "o0.tables.0.name", secret = "db/password", because = "...")
    "#);
    // The path would be the secret.
    insta::assert_snapshot!(refused(connect("key", PASSWORD)), @r#"
    output `o0.tables.0.[REDACTED:db/password]` of task `connect` holds secret `db/password` (in plain text, at byte 0 of 13)
    return what was made with the secret, not the secret; if it is meant, say so on task `connect`: allow_secret_in(output = "o0", secret = "db/password", because = "...")
    "#);
    assert_eq!(connect("nowhere", PASSWORD).unwrap().host, "db");
    // What has nothing to do with it is none of its business.
    assert_eq!(connect("host", "hunter2-hunter2").unwrap().host, "hunter2-hunter2");
}

#[task(secret_requests = [Secret(key = "password", group = "db")])]
fn letters() -> sealkit::Result<Vec<String>> {
    Ok(password()?.chars().map(String::from).collect())
}

#[task(secret_requests = [Secret(key = "password", group = "db")])]
fn bytes() -> sealkit::Result<Vec<u8>> {
    Ok(password()?.into_bytes())
}

#[task(secret_requests = [Secret(key = "password", group = "db")])]
fn file() -> sealkit::Result<File> {
    Ok(File::new(format!("s3://bucket/{}", password()?)))
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
    Ok(password()?)
}

#[test]
fn a_secret_is_found_in_values_of_every_type() {
    let first_line = |told: String| told.lines().next().unwrap_or_default().to_owned();
    let told = [
        refused(kit().run(letters)),
        refused(kit().run(bytes)),
        refused(kit().run(file)),
        refused(kit().run(integer)),
        refused(kit().run(float)),
        refused(kit().run(duration)),
    ]
    .map(first_line)
    .join("\n");
    insta::assert_snapshot!(told, @"
    output `o0` of task `letters` holds secret `db/password` (with other characters in between)
    output `o0` of task `bytes` holds secret `db/password` (in plain text, at byte 0 of 13)
    output `o0` of task `file` holds secret `db/password` (in plain text, at byte 12 of 25)
    output `o0` of task `integer` holds secret `number` (in plain text, at byte 0 of 10)
    output `o0` of task `float` holds secret `number` (in plain text, at byte 0 of 10)
    output `o0` of task `duration` holds secret `number` (in plain text, at byte 1 of 13)
    ");
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let error = runtime.block_on(kit().scope(asynchronous())).unwrap_err();
    assert_eq!(error.downcast::<sealkit::Error>().unwrap().kind(), ErrorKind::Leak);
}

#[task(secret_requests = [Secret(key = "pin"), Secret(key = "word")])]
fn weak(output: String) -> sealkit::Result<String> {
    let secrets = current_context().secrets();
    secrets.get("pin").and(secrets.get("word"))?;
    Ok(output)
}

#[test]
fn a_weak_secret_is_refused_where_it_is_all_there_is_and_one_that_is_none_never() {
    let weak = |output: &str| kit().run(|| weak(output.to_owned()));
    assert!(refused(weak("739184")).starts_with("output `o0` of task `weak` holds secret `pin`"));
    assert_eq!(weak("row 739184").unwrap(), "row 739184");
    assert_eq!(weak("production").unwrap(), "production");
    let guard = kit().guard();
    let mut told: Vec<_> = guard.weak().collect();
    told.sort_by_key(|(name, _)| *name);
    assert!(matches!(told[..], [("pin", Strength::Weak(_)), ("word", Strength::None(_))]), "{told:?}");
}

#[task]
fn nosy(password: String) -> sealkit::Result<String> {
    Ok(password)
}

#[test]
fn only_what_the_task_was_given_is_looked_for() {
    // It declares nothing and was given nothing, whatever its input looks like.
    assert_eq!(kit().run(|| nosy(PASSWORD.to_owned())).unwrap(), PASSWORD);
}

/// Hands the password to another task, as it is.
#[workflow(secret_requests = [Secret(key = "password", group = "db")])]
fn hands_over() -> sealkit::Result<String> {
    nosy(password()?)
}

#[workflow(
    secret_requests = [Secret(key = "password", group = "db")],
    allow_secret_in(input = "nosy.password", secret = "db/password", because = "it stays in this process"),
    allow_secret_in(output = "o0", secret = "db/password", because = "this is a test"),
)]
fn hands_over_on_purpose() -> sealkit::Result<String> {
    nosy(password()?)
}

#[test]
fn an_input_of_a_called_task_is_checked_for_the_callers_secrets() {
    insta::assert_snapshot!(refused(kit().run(hands_over)), @r#"
    input `password` that task `hands_over` hands to task `nosy` holds secret `db/password` (in plain text, at byte 0 of 13)
    let task `nosy` ask for the secret itself; if it is meant, say so on task `hands_over`: allow_secret_in(input = "nosy.password", secret = "db/password", because = "...")
    "#);
    assert_eq!(kit().run(hands_over_on_purpose).unwrap(), PASSWORD);
}

/// May tell the address, with the password in it.
#[task(
    secret_requests = [Secret(key = "password", group = "db"), Secret(key = "number")],
    allow_secret_in(output = "o0.dsn", secret = "db/password", because = "the address is signed for an hour"),
)]
fn allowed(host: String) -> sealkit::Result<Connection> {
    let (secret, number) = (password()?, current_context().secrets().get("number")?);
    let host = if host == "number" { number.expose().to_owned() } else { host };
    Ok(Connection { host, dsn: Some(format!("pg://u:{secret}@h")), tables: Vec::new() })
}

#[test]
fn what_is_allowed_is_recorded_and_allows_nothing_else() {
    let allowed_with = |host: &str| kit().run(|| allowed(host.to_owned()));
    assert!(allowed_with("db").unwrap().dsn.unwrap().contains(PASSWORD));
    // The same secret in another place, another secret in this task.
    assert!(refused(allowed_with(PASSWORD)).starts_with("output `o0.host` of task `allowed`"));
    assert!(
        refused(allowed_with("number"))
            .starts_with("output `o0.host` of task `allowed` holds secret `number`")
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
    let secret = password()?;
    let cause = anyhow::anyhow!("password authentication failed for app:{secret}");
    Err(cause.context("the warehouse cannot be reached"))
}

#[task(secret_requests = [Secret(key = "password", group = "db")])]
fn fails_with_a_source() -> sealkit::Result<()> {
    let secret = password()?;
    Err(sealkit::Error::provider("the vault is sealed").with_source(format!("token {secret}")))
}

/// An error with a type that means something.
#[derive(Debug, PartialEq)]
enum Typed {
    Sealkit(String),
    Mine(String),
}

impl From<sealkit::Error> for Typed {
    fn from(error: sealkit::Error) -> Self {
        Self::Sealkit(error.to_string())
    }
}

impl fmt::Display for Typed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Self::Sealkit(text) | Self::Mine(text)) = self;
        f.write_str(text)
    }
}

#[task(secret_requests = [Secret(key = "password", group = "db")])]
fn fails_with_a_type(tell: bool) -> Result<(), Typed> {
    let secret = password()?;
    Err(Typed::Mine(if tell { format!("no such user: {secret}") } else { "no such user".to_owned() }))
}

#[test]
fn an_error_is_redacted_with_all_that_it_comes_from() {
    let shown = |error: anyhow::Error| format!("{error} | {error:#} | {error:?}");
    let text = shown(kit().run(fails).unwrap_err());
    assert!(!text.contains("71xT"), "{text}");
    assert!(text.starts_with(
        "the warehouse cannot be reached: password authentication failed for app:[REDACTED:db/password] |"
    ));
    let error = kit().run(fails_with_a_source).unwrap_err();
    let text = format!("{error} {error:#} {error:?}");
    assert!(!text.contains("71xT") && text.contains("sealed: token [REDACTED:db/password]"), "{text}");
}

#[test]
fn an_error_without_a_secret_stays_what_it_is() {
    let fails = |tell| kit().run(|| fails_with_a_type(tell)).unwrap_err();
    assert_eq!(fails(false), Typed::Mine("no such user".to_owned()));
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
    let secret = password()?;
    let span = tracing::info_span!("connect", %secret);
    let _entered = span.enter();
    tracing::info!(url = format!("pg://u:{}@h", secret.replace('/', "%2F")), "connecting as {secret:?}");
    let number = current_context().secrets().get("number")?;
    // On a thread that knows nothing of the task.
    let event = || tracing::warn!("number {}", number.expose());
    let subscriber = tracing::dispatcher::get_default(Clone::clone);
    std::thread::scope(|threads| {
        threads.spawn(|| tracing::dispatcher::with_default(&subscriber, event));
    });
    Ok(())
}

#[test]
fn logs_are_redacted_on_every_thread() {
    let (session, lines): (Session, Lines) = (kit().session(), Lines::default());
    let writer = {
        let lines = lines.clone();
        RedactedLog::new(&session, move || lines.clone())
    };
    let subscriber = tracing_subscriber::fmt().with_ansi(false).without_time().with_writer(writer).finish();
    tracing::subscriber::with_default(subscriber, || session.run(logs)).unwrap();
    let text = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    insta::assert_snapshot!(text, @r#"
     INFO connect{secret=[REDACTED:db/password]}: leaks: connecting as "[REDACTED:db/password]" url="pg://u:[REDACTED:db/password]@h"
     WARN leaks: number [REDACTED:number]
    "#);
}
