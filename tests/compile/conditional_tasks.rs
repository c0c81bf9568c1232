//! Attributes above and below the macro keep their effect.
#![deny(warnings)]

use std::{
    pin::pin,
    task::{Context, Poll, Waker},
};

use sealkit::{Result, TaskMetadata, TaskType, current_context, task, tasks, testing::TestSecrets, workflow};

// Disabled code does not need to be valid.
#[cfg(any())]
#[task(secret_requests = [Secret(key = "a/b")])]
fn off_above(nonsense: Nonsense) -> Nonsense {
    nonsense
}

#[task]
#[cfg(any())]
fn off_below(nonsense: Nonsense) -> Result<Nonsense> {
    Ok(nonsense)
}

#[cfg_attr(all(), cfg(any()))]
#[task]
fn off_in_two_steps() -> Result<()> {
    Ok(())
}

// Only one of these two tasks is enabled, so they can have the same name.
#[cfg(any())]
#[task]
fn either() -> Result<i64> {
    Ok(1)
}

#[cfg(not(any()))]
#[task]
fn either() -> Result<i64> {
    Ok(2)
}

// Not a task, because the attribute is disabled.
#[cfg_attr(any(), task)]
fn plain() -> i64 {
    3
}

#[cfg_attr(all(), task(name = "conditional", secret_requests = [Secret(key = "my_secret")]))]
fn conditional() -> Result<usize> {
    Ok(current_context().secrets().get("my_secret")?.expose().len())
}

#[must_use = "above"]
#[inline]
#[doc(hidden)]
#[task]
pub fn attributes_above() -> Result<i64> {
    Ok(4)
}

/// Documentation above
#[task]
/// and below.
#[must_use = "below"]
#[inline(always)]
#[doc(hidden)]
#[cold]
pub fn attributes_below() -> Result<i64> {
    Ok(5)
}

#[deprecated(note = "above")]
#[task]
fn deprecated_above(n: i64) -> Result<i64> {
    Ok(n)
}

#[workflow]
#[deprecated = "below"]
async fn deprecated_below(n: i64) -> Result<i64> {
    Ok(n)
}

#[task]
#[track_caller]
fn with_an_inner_attribute(value: Row) -> Result<i64> {
    #![allow(unused_variables, reason = "an inner attribute is about the whole function")]
    let unused = 1;
    Ok(value.there)
}

#[derive(TaskType)]
struct Row {
    there: i64,
    #[cfg(any())]
    off: Nonsense,
}

#[derive(Debug, PartialEq, TaskType)]
enum Choice {
    There,
    #[cfg(any())]
    Off(Nonsense),
}

#[task]
fn choose(choice: Choice) -> Result<Choice> {
    Ok(choice)
}

/// Polls a future that is always ready.
fn ready<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => unreachable!("the future is always ready"),
    }
}

fn main() -> Result<()> {
    assert_eq!(either()?, 2);
    assert_eq!(plain(), 3);
    assert_eq!(TestSecrets::new().with("my_secret", "four").run(conditional)?, 4);
    assert_eq!(attributes_above()?, 4);
    assert_eq!(attributes_below()?, 5);
    #[expect(deprecated, reason = "the attribute still has its effect")]
    let deprecated = deprecated_above(6)?;
    assert_eq!(deprecated, 6);
    #[expect(deprecated, reason = "the attribute still has its effect")]
    let deprecated = ready(deprecated_below(7))?;
    assert_eq!(deprecated, 7);
    assert_eq!(with_an_inner_attribute(Row { there: 8 })?, 8);
    assert_eq!(choose(Choice::There)?, Choice::There);

    assert_eq!(
        TaskMetadata::of(&attributes_below).map(TaskMetadata::docs),
        Some("Documentation above\nand below.")
    );
    let names: Vec<&str> = tasks()?.into_iter().map(TaskMetadata::name).collect();
    assert_eq!(
        names,
        [
            "attributes_above",
            "attributes_below",
            "choose",
            "conditional",
            "deprecated_above",
            "deprecated_below",
            "either",
            "with_an_inner_attribute",
        ]
    );
    Ok(())
}
