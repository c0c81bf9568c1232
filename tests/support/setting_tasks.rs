//! Tasks with settings and defaults, which tests run like a user.

use std::{env, process::ExitCode};

use sealkit::{Environment, Secret, current_context, task, workflow};

const SHARED: Environment = Environment::new("shared")
    .secrets(&[Secret::new("my_secret")])
    .env(&[("LEVEL", "info"), ("MODE", "fast")]);

/// Returns the environment variables that the task sees.
#[task(environment = SHARED, env = {"LEVEL" = "debug"})]
fn variables() -> sealkit::Result<Vec<Option<String>>> {
    Ok(["LEVEL", "MODE"].map(|name| env::var(name).ok()).into())
}

/// Calls a task of the environment, without belonging to it.
#[workflow]
fn variables_of_a_called_task() -> sealkit::Result<Vec<Option<String>>> {
    let mut all = variables()?;
    all.push(env::var("MODE").ok());
    Ok(all)
}

/// Reads the secret of the environment and one of its own.
#[task(environment = SHARED, secret_requests = ["other"])]
fn secrets() -> sealkit::Result<usize> {
    let secrets = current_context().secrets();
    Ok(secrets.get("my_secret")?.expose().len() + secrets.get("other")?.expose().len())
}

/// Repeats a text.
#[task]
fn repeat(
    /// What is repeated.
    text: String,
    /// How often.
    ///
    /// At least once.
    #[default(2)]
    times: u8,
    #[default(", ")] separator: String,
    #[default(Some(true))] loud: Option<bool>,
    end: Option<String>,
) -> sealkit::Result<String> {
    let text = if loud == Some(true) { text.to_uppercase() } else { text };
    Ok(vec![text; times.into()].join(&separator) + &end.unwrap_or_default())
}

/// Returns what it knows of its run, in the second attempt.
#[task(retries = Retries(1, backoff = "1ms"))]
fn facts() -> anyhow::Result<Vec<String>> {
    let context = current_context();
    let absent = || "none".to_owned();
    let facts = [
        context.attempt().to_string(),
        context.run_name().unwrap_or_else(absent),
        context.action_name().unwrap_or_else(absent),
        context.project().unwrap_or_else(absent),
        context.domain().unwrap_or_else(absent),
        context.version().unwrap_or_else(absent),
        context.is_local().to_string(),
        context.idempotency_key(),
    ];
    anyhow::ensure!(context.attempt() > 1, "facts of the first attempt: {}", facts.join(" "));
    Ok(facts.into())
}

/// Calls a task twice.
#[workflow]
fn facts_of_called_tasks() -> anyhow::Result<Vec<String>> {
    Ok([facts()?, facts()?].concat())
}

fn main() -> ExitCode {
    sealkit::main()
}
