//! Each call has its own context, however calls are interleaved.

use std::{
    cell::RefCell,
    collections::BTreeSet,
    future::Future,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    task::{Context as Poll, Waker},
    thread,
    time::Duration,
};

use sealkit::{
    Error, ErrorKind, ProvidedValue, Provider, Secret, SecretBytes, Session, current_context, task,
    testing::TestSecrets, workflow,
};

/// Yields once, so that another future can be polled.
async fn pause() {
    let mut paused = false;
    std::future::poll_fn(|_| {
        if std::mem::replace(&mut paused, true) {
            std::task::Poll::Ready(())
        } else {
            std::task::Poll::Pending
        }
    })
    .await;
}

fn name() -> String {
    current_context().task().map_or_else(|| "none".to_owned(), |task| task.name().to_owned())
}

#[task(secret_requests = [Secret(key = "a")])]
async fn first() -> sealkit::Result<String> {
    let before = current_context().secrets().get("a")?;
    pause().await;
    let after = current_context().secrets().get("a")?;
    Ok(format!("{} {} {}", name(), before.expose(), after.expose()))
}

#[task(secret_requests = [Secret(key = "b")])]
async fn second() -> sealkit::Result<String> {
    pause().await;
    let undeclared = "a".to_owned();
    assert_eq!(current_context().secrets().get(&undeclared).unwrap_err().kind(), ErrorKind::Undeclared);
    Ok(format!("{} {}", name(), current_context().secrets().get("b")?.expose()))
}

#[workflow]
async fn both() -> sealkit::Result<String> {
    let first = first().await?;
    let undeclared = "a".to_owned();
    assert_eq!(current_context().secrets().get(&undeclared).unwrap_err().kind(), ErrorKind::Undeclared);
    Ok(format!("{first}, {}, {}", second().await?, name()))
}

fn test_secrets() -> TestSecrets {
    TestSecrets::new().with("a", "1").with("b", "2")
}

type Boxed = Pin<Box<dyn Future<Output = sealkit::Result<String>>>>;

/// Polls all futures in turn, on this thread.
fn interleave(mut futures: Vec<Boxed>) -> Vec<String> {
    let mut done = vec![String::new(); futures.len()];
    let mut poll = Poll::from_waker(Waker::noop());
    while done.iter().any(String::is_empty) {
        for (future, done) in futures.iter_mut().zip(&mut done).filter(|(_, done)| done.is_empty()) {
            if let std::task::Poll::Ready(result) = future.as_mut().poll(&mut poll) {
                *done = result.unwrap();
            }
            // Between two polls, the thread has no context.
            assert!(current_context().task().is_none());
        }
    }
    done
}

#[test]
fn interleaved_futures_keep_their_contexts() {
    let other = TestSecrets::new().with("a", "another").with("b", "one");
    let futures: Vec<Boxed> = vec![
        Box::pin(test_secrets().scope(first())),
        Box::pin(other.scope(both())),
        Box::pin(test_secrets().scope(second())),
    ];
    assert_eq!(interleave(futures), ["first 1 1", "first another another, second one, both", "second 2"]);
}

#[task(secret_requests = [Secret(key = "a")])]
fn panics() -> sealkit::Result<()> {
    current_context().secrets().get("a")?;
    panic!("out of luck")
}

#[task(secret_requests = [Secret(key = "b")])]
fn survives() -> sealkit::Result<String> {
    assert!(catch_unwind(AssertUnwindSafe(panics)).is_err());
    Ok(format!("{} {}", name(), current_context().secrets().get("b")?.expose()))
}

#[test]
fn a_panic_leaves_no_context_behind() {
    assert_eq!(test_secrets().run(survives).unwrap(), "survives 2");
    assert!(current_context().task().is_none());
}

#[task(secret_requests = [Secret(key = "a")])]
fn on_threads() -> sealkit::Result<String> {
    let context = current_context();
    let alone = thread::spawn(|| current_context().secrets().get("a").unwrap_err().kind()).join().unwrap();
    assert_eq!(alone, ErrorKind::NoTask);
    let carried = thread::spawn(move || context.run(|| current_context().secrets().get("a").map(|_| name())));
    carried.join().unwrap()
}

#[test]
fn a_thread_has_a_context_only_if_it_is_passed() {
    assert_eq!(test_secrets().run(on_threads).unwrap(), "on_threads");
}

#[test]
fn outside_a_task_the_error_shows_how_to_read_secrets() {
    let error = test_secrets().run(|| current_context().secrets().get("a").unwrap_err());
    assert_eq!(error.kind(), ErrorKind::NoTask);
    assert!(error.hint().unwrap().contains("#[task(secret_requests = [...])]"));
    let hostile = current_context().secrets().get("../a").unwrap_err();
    assert_eq!(hostile.kind(), ErrorKind::InvalidName, "names are checked before anything else");
}

#[task(secret_requests = [Secret(key = "a")])]
fn directories() -> sealkit::Result<String> {
    let context = current_context();
    let (own, again) = (context.working_directory()?, current_context().working_directory()?);
    assert_eq!(own, again);
    std::fs::write(own.join("note"), "mine").unwrap();
    let secret = context.secrets().get_secrets_file("a")?;
    assert_eq!(std::fs::read(&secret).unwrap(), b"1");
    assert_eq!(secret, context.secrets().get_secrets_file("a")?);
    Ok(format!("{}\n{}", own.display(), secret.display()))
}

#[test]
fn each_call_has_its_own_directories_until_it_ends() {
    let (one, other) = (test_secrets().run(directories).unwrap(), test_secrets().run(directories).unwrap());
    for path in one.lines() {
        assert!(!other.contains(path));
        assert!(!std::path::Path::new(path).exists(), "{path}");
    }
    assert_eq!(current_context().working_directory().unwrap_err().kind(), ErrorKind::NoTask);
    assert_eq!(current_context().execution_id(), "local");
}

#[test]
fn concurrent_tests_do_not_share_secrets() {
    thread::scope(|threads| {
        for i in 0..8 {
            threads.spawn(move || {
                for j in 0..100 {
                    let value = format!("{i}-{j}");
                    let secrets = TestSecrets::new().with("a", value.as_bytes());
                    let seen = interleave(vec![Box::pin(secrets.scope(first()))]);
                    assert_eq!(seen, [format!("first {value} {value}")]);
                }
            });
        }
    });
}

#[derive(Debug)]
struct Fixed(&'static str, Option<&'static str>);

impl Provider for Fixed {
    fn name(&self) -> String {
        self.0.to_owned()
    }

    fn lookup(&self, _: &Secret) -> sealkit::Result<Option<ProvidedValue>> {
        match self.1 {
            Some("broken") => Err(Error::provider("the vault is sealed")),
            value => Ok(value.map(|value| SecretBytes::new(value.into()).into())),
        }
    }
}

#[task(secret_requests = [Secret(key = "a")])]
fn read() -> sealkit::Result<String> {
    Ok(current_context().secrets().get("a")?.expose().to_owned())
}

#[test]
fn providers_are_tried_in_order_until_one_finds_the_secret_or_fails() {
    let (none, one, two, broken) = (
        Fixed("none", None),
        Fixed("one", Some("1")),
        Fixed("two", Some("2")),
        Fixed("broken", Some("broken")),
    );
    let session = |providers: Vec<Fixed>| providers.into_iter().fold(Session::isolated(), Session::provider);
    let fixed = |fixed: &Fixed| Fixed(fixed.0, fixed.1);
    assert_eq!(session(vec![fixed(&none), fixed(&one), fixed(&two)]).run(read).unwrap(), "1");
    assert_eq!(session(vec![fixed(&two), fixed(&one)]).run(read).unwrap(), "2");
    // An error of a provider does not count as a missing secret.
    let error = session(vec![fixed(&none), fixed(&broken), fixed(&one)]).run(read).unwrap_err();
    assert_eq!((error.kind(), error.to_string().as_str()), (ErrorKind::Provider, "the vault is sealed"));
    let error = session(vec![none, Fixed("vault", None)]).run(read).unwrap_err();
    assert_eq!(error.to_string(), "secret `a` of task `read` was not found in none or vault");
}

#[task]
async fn leaf(n: u64) -> sealkit::Result<u64> {
    tokio::time::sleep(Duration::from_millis(1)).await;
    Ok(n)
}

/// Defines a workflow that calls another one.
macro_rules! nested {
    ($($name:ident calls $callee:ident),*) => {
        $(
            #[workflow]
            async fn $name() -> sealkit::Result<u64> {
                $callee().await
            }
        )*
    };
}

#[workflow]
async fn level_1() -> sealkit::Result<u64> {
    leaf(1).await
}

nested!(level_2 calls level_1, level_3 calls level_2, level_4 calls level_3, level_5 calls level_4);

#[tokio::test]
async fn a_call_five_levels_deep_returns() {
    assert_eq!(TestSecrets::new().scope(level_5()).await.unwrap(), 1);
}

#[test]
fn nested_calls_add_to_the_size_of_a_future_and_do_not_multiply_it() {
    let sizes = [size_of_val(&level_3()), size_of_val(&level_4()), size_of_val(&level_5())];
    assert_eq!(sizes[2] - sizes[1], sizes[1] - sizes[0], "{sizes:?}");
}

#[task]
fn increment(n: i64) -> sealkit::Result<i64> {
    Ok(n + 1)
}

#[task]
fn keep_context() -> sealkit::Result<i64> {
    CONTEXTS.with_borrow_mut(|contexts| contexts.push(current_context()));
    Ok(0)
}

thread_local! {
    static CONTEXTS: RefCell<Vec<sealkit::Context>> = const { RefCell::new(Vec::new()) };
}

#[test]
fn a_call_that_reads_no_secret_allocates_nothing() {
    increment(1).unwrap();
    let allocations = allocation_counter::measure(|| {
        for n in 0..10 {
            assert_eq!(increment(n).unwrap(), n + 1);
        }
    });
    assert_eq!(allocations.count_total, 0);
}

#[test]
fn a_context_that_a_task_keeps_is_not_that_of_the_next_call() {
    for _ in 0..3 {
        keep_context().unwrap();
        increment(1).unwrap();
    }
    let contexts = CONTEXTS.take();
    let keys: BTreeSet<String> = contexts.iter().map(sealkit::Context::idempotency_key).collect();
    assert_eq!(keys.len(), 3);
    assert!(contexts.iter().all(|context| context.task().unwrap().name() == "keep_context"));
}
