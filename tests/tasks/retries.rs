//! Retries and timeouts of tasks that run in the process of their caller.

use std::{
    fmt,
    sync::atomic::{AtomicU32, Ordering},
    thread,
    time::{Duration, Instant},
};

use sealkit::{Error, Session, current_context, task, testing::TestSecrets, workflow};

/// Defines a task that fails before its third attempt, with a counter of its own: tests run side by side.
macro_rules! flaky {
    ($name:ident, $($limits:tt)*) => {
        mod $name {
            use super::*;

            pub(super) static ATTEMPTS: AtomicU32 = AtomicU32::new(0);

            #[task($($limits)*)]
            pub(super) fn flaky(names: Vec<String>, secret: Option<bool>) -> anyhow::Result<String> {
                let attempt = ATTEMPTS.fetch_add(1, Ordering::SeqCst) + 1;
                if secret.unwrap_or(false) {
                    // A variable: most of these tasks do not request the secret.
                    let key = "token";
                    let secret = current_context().secrets().get(key)?;
                    anyhow::ensure!(attempt >= 3, "not yet: {}", secret.expose());
                }
                anyhow::ensure!(attempt >= 3, "not yet");
                Ok(names.join(","))
            }
        }
    };
}

flaky!(enough, retries = Retries(3, backoff = "1h"));
flaky!(too_few, retries = 1);
flaky!(with_secret, retries = 2, secret_requests = [Secret(key = "token")]);
flaky!(slowly, retries = Retries(2, backoff = "200ms"));
flaky!(hopeless, retries = Retries(5, backoff = "1h"), timeout = Timeout(deadline = "10m"));

fn names() -> Vec<String> {
    vec!["a".to_owned(), "b".to_owned()]
}

#[test]
fn a_test_retries_a_task_without_delay_and_with_the_same_inputs() {
    let started = Instant::now();
    assert_eq!(TestSecrets::new().run(|| enough::flaky(names(), None)).unwrap(), "a,b");
    assert_eq!(enough::ATTEMPTS.load(Ordering::SeqCst), 3);
    assert!(started.elapsed() < Duration::from_secs(60));
    // A caller that is no task gets the error itself.
    let error = TestSecrets::new().run(|| too_few::flaky(names(), None)).unwrap_err();
    assert_eq!((error.to_string().as_str(), too_few::ATTEMPTS.load(Ordering::SeqCst)), ("not yet", 2));
    let secrets = TestSecrets::new().with("token", "k3Jq-71xT/w");
    assert_eq!(secrets.run(|| with_secret::flaky(names(), Some(true))).unwrap(), "a,b");
}

#[test]
fn other_sessions_wait_between_attempts_and_not_beyond_the_deadline() {
    let started = Instant::now();
    assert_eq!(Session::isolated().run(|| slowly::flaky(names(), None)).unwrap(), "a,b");
    // Each delay is shortened by half at most.
    assert!(started.elapsed() >= Duration::from_millis(200));
    assert!(Session::isolated().run(|| hopeless::flaky(names(), None)).is_err());
    assert_eq!(hopeless::ATTEMPTS.load(Ordering::SeqCst), 1);
}

static CALLS: AtomicU32 = AtomicU32::new(0);

#[task(retries = 5)]
fn login() -> anyhow::Result<()> {
    CALLS.fetch_add(1, Ordering::SeqCst);
    Err(Error::permanent("the password is wrong").into())
}

/// An error type that is not an error of the standard library.
#[derive(Debug)]
struct Text(String);

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<Error> for Text {
    fn from(error: Error) -> Self {
        Self(format!("{error:#}"))
    }
}

#[task(retries = Retries(1, backoff = "10ms"), timeout = "400ms")]
async fn sleeps(milliseconds: u64) -> Result<u64, Text> {
    tokio::time::sleep(Duration::from_millis(milliseconds)).await;
    Ok(milliseconds)
}

#[task(timeout = "50ms")]
fn blocks() -> Result<(), Text> {
    thread::sleep(Duration::from_millis(80));
    Ok(())
}

#[task(timeout = Timeout(deadline = "60ms"), retries = 9)]
async fn late() -> Result<(), Text> {
    tokio::time::sleep(Duration::from_secs(60)).await;
    Ok(())
}

#[workflow]
async fn calls_slow_tasks() -> Result<Vec<String>, Text> {
    Ok(vec![
        sleeps(1).await?.to_string(),
        sleeps(60_000).await.unwrap_err().0,
        blocks().unwrap_err().0,
        late().await.unwrap_err().0,
    ])
}

#[test]
fn an_error_that_is_permanent_is_not_retried() {
    TestSecrets::new().run(login).unwrap_err();
    assert_eq!(CALLS.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_task_that_takes_too_long_fails() {
    let errors = TestSecrets::new().scope(calls_slow_tasks()).await.unwrap();
    assert_eq!(errors[0], "1");
    assert_eq!(errors[1], "task `sleeps` timed out after 400ms (after 2 attempts)");
    assert_eq!(errors[2], "task `blocks` timed out after 50ms");
    assert_eq!(errors[3], "task `late` exceeded its deadline of 60ms");
    // Without a workflow, the same.
    assert_eq!(
        TestSecrets::new().scope(sleeps(60_000)).await.unwrap_err().0,
        "task `sleeps` timed out after 400ms"
    );
}
