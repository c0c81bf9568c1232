//! A program that calls tasks of the official SDK, which are deployed on the cluster.

use std::{process::ExitCode, time::SystemTime};

use sealkit::{TaskType, current_context, step, task, workflow};

/// Scores rows in Python.
#[task(deployed = "model.score")]
async fn score(rows: Vec<i64>, factor: f64) -> anyhow::Result<f64>;

/// Upper case and length.
#[task(deployed = "model.split:v1")]
fn capitalize(text: String) -> sealkit::Result<(String, i64)> {
    Ok((format!("{text} here"), 0))
}

/// The score of a version that does not exist.
#[task(deployed = "model.score:v9")]
async fn old_score(rows: Vec<i64>) -> anyhow::Result<f64>;

/// A misspelled task.
#[task(deployed = "model.scor")]
fn misspelled() -> sealkit::Result<()>;

/// The score with an input of another type.
#[task(deployed = "model.score")]
fn score_of_text(rows: String) -> sealkit::Result<f64>;

/// The score with an input that it does not have.
#[task(deployed = "model.score")]
fn score_of_columns(columns: Vec<i64>) -> sealkit::Result<f64>;

/// The score as text.
#[task(deployed = "model.score")]
fn text_score(rows: Vec<i64>) -> sealkit::Result<String>;

/// The score without its rows.
#[task(deployed = "model.score")]
fn score_of_nothing(note: Option<String>) -> sealkit::Result<f64>;

/// The score, which the note decides.
#[task(deployed = "model.score")]
fn noted_score(rows: Vec<i64>, note: Option<String>) -> sealkit::Result<f64>;

/// What a union takes.
#[task(deployed = "model.variants")]
fn variants(
    number: i64,
    colour: String,
    perhaps: Option<String>,
    when: Option<SystemTime>,
    records: Vec<Option<Record>>,
) -> sealkit::Result<String>;

/// The fields of a record in Python.
#[derive(TaskType)]
struct Record {
    name: String,
    n: i64,
}

/// A record without one of the fields.
#[derive(TaskType)]
struct Name {
    name: String,
}

#[task(deployed = "model.needs_nothing")]
fn needs_nothing() -> sealkit::Result<String>;

#[task(deployed = "model.record")]
fn record(name: String) -> sealkit::Result<Record>;

#[task(deployed = "model.record")]
fn name_of_record(name: String) -> sealkit::Result<Name>;

/// Passes values for unions.
#[workflow(calls = [variants, needs_nothing, record])]
fn unions() -> anyhow::Result<String> {
    let records = vec![Some(record("x".to_owned())?), None];
    let shown = variants(1, "word".to_owned(), Some("RED".to_owned()), None, records)?;
    Ok(format!("{shown} {}", needs_nothing()?))
}

/// Calls a task again after a failed look-up.
#[workflow(retries = Retries(1, backoff = "1ms"), calls = [score])]
async fn patient() -> anyhow::Result<f64> {
    score(vec![1], 1.0).await
}

/// Has a step, as `traced` in Python has a trace.
#[task]
fn stepped() -> anyhow::Result<i64> {
    step("charge", || anyhow::Ok(5))
}

/// Returns the path of its default.
#[task(deployed = "model.named")]
fn named() -> sealkit::Result<String>;

/// Calls both tasks.
#[workflow(calls = [score, capitalize])]
async fn evaluate(rows: Vec<i64>) -> anyhow::Result<String> {
    let score = score(rows, 2.0).await?;
    let (text, length) = capitalize("score".to_owned())?;
    Ok(format!("{text} {length} {score}"))
}

/// Calls one of the tasks that cannot be called.
#[workflow]
async fn fails(how: String) -> anyhow::Result<()> {
    match how.as_str() {
        "version" => old_score(vec![1]).await.map(drop),
        "name" => Ok(misspelled()?),
        "type" => Ok(score_of_text("1".to_owned()).map(drop)?),
        "input" => Ok(score_of_columns(vec![1]).map(drop)?),
        "output" => Ok(text_score(vec![1]).map(drop)?),
        "fields" => Ok(name_of_record("x".to_owned()).map(drop)?),
        "missing" => Ok(score_of_nothing(Some("fail".to_owned())).map(drop)?),
        _ => Ok(noted_score(Vec::new(), Some(how)).map(drop)?),
    }
}

/// Passes its secret to a task in Python.
#[workflow(secret_requests = ["my_secret"], calls = [capitalize])]
fn tells() -> anyhow::Result<()> {
    let secret = current_context().secrets().get("my_secret")?;
    capitalize(secret.expose().to_owned())?;
    Ok(())
}

fn main() -> ExitCode {
    sealkit::main()
}
