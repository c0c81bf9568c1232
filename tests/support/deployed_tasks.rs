//! A program that calls tasks of the official SDK, which are deployed on the cluster.

use std::process::ExitCode;

use sealkit::{current_context, task, workflow};

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
