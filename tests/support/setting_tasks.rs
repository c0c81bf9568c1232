//! Tasks with settings and defaults, which tests run like a user.

use std::{
    env,
    fs::OpenOptions,
    future::{Future as _, poll_fn},
    io::Write as _,
    process::ExitCode,
    task::Poll,
    time::{Duration, SystemTime},
};

use sealkit::{Dir, Environment, File, Secret, TaskType, current_context, step, step_async, task, workflow};

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

/// Returns several outputs.
#[task]
fn divide(a: i64, b: i64) -> sealkit::Result<(i64, i64)> {
    Ok((a / b, a % b))
}

/// The outputs of a split text.
#[derive(Debug, TaskType)]
#[task_type(outputs)]
struct Halves {
    head: String,
    #[task_type(rename = "rest")]
    tail: File,
}

/// Returns several outputs with names.
#[task]
async fn split(text: String, at: usize) -> sealkit::Result<Halves> {
    let (head, tail) = text.split_at(at);
    Ok(Halves { head: head.to_owned(), tail: File::from_bytes("tail.txt", tail)? })
}

/// Uses the outputs of other tasks.
#[workflow]
async fn uses_outputs() -> sealkit::Result<(String, i64)> {
    let (quotient, remainder) = divide(17, 5)?;
    let Halves { head, tail } = split("hello world".to_owned(), 5).await?;
    Ok((format!("{head}{}", tail.text()?), quotient * 10 + remainder))
}

/// Leaks its secret in the second of its outputs.
#[task(secret_requests = ["my_secret"])]
fn leaks_in_a_tuple() -> sealkit::Result<(i64, String)> {
    Ok((1, current_context().secrets().get("my_secret")?.expose().to_owned()))
}

/// The same, where it is allowed.
#[task(
    secret_requests = ["my_secret"],
    allow_secret_in(output = "o1", secret = "my_secret", because = "the caller signs with it"),
)]
fn allowed_in_a_tuple() -> sealkit::Result<(i64, String)> {
    Ok((1, current_context().secrets().get("my_secret")?.expose().to_owned()))
}

/// Appends a line to a file, so that a test sees how often it ran. The result is cached.
#[task(cache = Cache("v1", ignored_inputs = ["log"], max_age = "1h"))]
fn counted(log: String, n: i64) -> anyhow::Result<i64> {
    append(&log)?;
    Ok(n * 2)
}

/// The same, for a short time.
#[task(cache = Cache("v1", max_age = 1))]
fn counted_for_a_second(log: String) -> anyhow::Result<()> {
    Ok(append(&log)?)
}

/// Returns the secret that the called task may return.
#[workflow(cache = "v1", calls = [allowed_in_a_tuple])]
fn counted_signature(log: String) -> anyhow::Result<String> {
    append(&log)?;
    Ok(allowed_in_a_tuple()?.1)
}

/// Calls a cached task often.
#[workflow(calls = [counted])]
fn counted_often(log: String, times: u32) -> anyhow::Result<i64> {
    (0..times).map(|_| counted(log.clone(), 4)).sum()
}

/// The same, with a secret.
#[task(cache = auto, secret_requests = ["my_secret"])]
fn counted_with_secret(log: String) -> anyhow::Result<usize> {
    append(&log)?;
    Ok(current_context().secrets().get("my_secret")?.expose().len())
}

/// Calls the task with a secret, and is cached itself.
#[workflow(cache = "v1", calls = [counted_with_secret])]
fn counted_workflow(log: String) -> anyhow::Result<usize> {
    append(&log)?;
    counted_with_secret(log)
}

/// Calls itself, and waits for equal calls.
#[workflow(cache = Cache("v1", ignored_inputs = ["log", "depth"], serialize = true))]
fn calls_itself(log: String, depth: u32) -> anyhow::Result<u32> {
    append(&log)?;
    Ok(if depth > 0 { calls_itself(log, depth - 1)? + 1 } else { 0 })
}

/// Returns files. The result is cached.
#[task(cache = Cache("v1", ignored_inputs = ["log"]))]
fn counted_files(log: String, text: String) -> anyhow::Result<(File, Vec<File>, Dir)> {
    append(&log)?;
    let directory = current_context().working_directory()?.join("a");
    std::fs::create_dir_all(directory.join("b"))?;
    std::fs::write(directory.join("b/c.txt"), &text)?;
    let file = File::from_bytes("x.txt", text.to_uppercase())?;
    Ok((file.clone(), vec![file, File::from_bytes("y\"y.txt", &text)?], Dir::from_path(&directory)?))
}

/// Reads the files of the cached task.
#[workflow(calls = [counted_files])]
fn reads_counted_files(log: String, text: String) -> anyhow::Result<String> {
    let (first, rest, dir) = counted_files(log, text)?;
    let mut parts = vec![first.text()?];
    for file in &rest {
        parts.push(file.text()?);
    }
    parts.push(dir.file("b/c.txt")?.text()?);
    Ok(parts.join(" "))
}

/// Calls the task with a secret without declaring it.
#[task(cache = "v1")]
fn counted_undeclared(log: String) -> anyhow::Result<usize> {
    append(&log)?;
    counted_with_secret(log)
}

/// The length of a file. The result is cached.
#[task(cache = Cache("v1", ignored_inputs = ["log"]))]
fn counted_file(log: String, data: File) -> anyhow::Result<usize> {
    append(&log)?;
    Ok(data.text()?.len())
}

/// Returns the file that it gets. The result is cached.
#[task(cache = Cache("v1", ignored_inputs = ["log"]))]
fn counted_same(log: String, data: File) -> anyhow::Result<File> {
    append(&log)?;
    Ok(data)
}

/// Returns the directory that it gets. The result is cached.
#[task(cache = Cache("v1", ignored_inputs = ["log"]))]
fn counted_tree(log: String, data: Dir) -> anyhow::Result<Dir> {
    append(&log)?;
    Ok(data)
}

/// A text of 100 KB. The result is cached.
#[task(cache = "v1")]
async fn large_text() -> anyhow::Result<String> {
    Ok("0123456789".repeat(10_000))
}

/// Begins calls whose result is cached, and does not wait for them.
#[workflow(calls = [large_text])]
async fn drops_calls(times: u32) -> anyhow::Result<usize> {
    for _ in 0..times {
        let mut call = Box::pin(large_text());
        poll_fn(|context| Poll::Ready(call.as_mut().poll(context).is_pending())).await;
    }
    Ok(large_text().await?.len())
}

/// The length of the file that the cached task returns, in a run with a secret.
#[workflow(calls = [counted_with_secret, counted_same])]
fn reads_same(log: String, data: File) -> anyhow::Result<usize> {
    counted_with_secret(log.clone())?;
    Ok(counted_same(log, data)?.text()?.len())
}

/// Fails after it has counted. Failures are not cached.
#[task(cache = "v1")]
fn counted_failure(log: String) -> anyhow::Result<()> {
    append(&log)?;
    anyhow::bail!("no luck")
}

/// Takes a moment; equal calls wait for each other.
#[task(cache = Cache("v1", serialize = true))]
fn counted_once(log: String) -> anyhow::Result<()> {
    append(&log)?;
    std::thread::sleep(Duration::from_millis(1500));
    Ok(())
}

/// Has no schedule, as a later version of a task that had one.
#[task]
fn scheduled() -> sealkit::Result<()> {
    Ok(())
}

/// Does its steps in three attempts, and each of them once.
#[task(retries = Retries(3, backoff = "1ms"))]
async fn pays(log: String) -> anyhow::Result<(i64, Vec<String>, Option<String>)> {
    let attempt = current_context().attempt();
    let charge = || append(&log).map(|()| i64::from(attempt)).map_err(anyhow::Error::from);
    let charged = step("charge", charge)?;
    let mut parts = Vec::new();
    for part in 0..2 {
        // Of one name.
        let work = async {
            append(&log).map(|()| format!("part {part} in attempt {attempt}")).map_err(anyhow::Error::from)
        };
        parts.push(step_async("part", work).await?);
    }
    if attempt == 1 {
        // The pod dies. Its steps are recorded.
        std::process::abort();
    }
    // Not every result has a Flyte value. The work is done, so this is no error.
    step("huge", || anyhow::Ok(u64::MAX))?;
    step("fails", || {
        append(&log)?;
        anyhow::ensure!(attempt > 2, "declined");
        anyhow::Ok(())
    })?;
    let nothing = step("nothing", || anyhow::Ok(None))?;
    Ok((charged, parts, nothing))
}

/// Does steps inside of steps, and then steps of the same names.
#[task(retries = Retries(2, backoff = "1ms"))]
async fn nests_steps() -> anyhow::Result<Vec<String>> {
    let attempt = current_context().attempt();
    let fetch = |from: &str| step("fetch", || anyhow::Ok(format!("{from} in attempt {attempt}")));
    let user = step("user", || fetch("user"))?;
    let team = step_async("team", async {
        step_async("part", async { fetch("a part") }).await?;
        fetch("team")
    });
    let team = team.await?;
    let orders = fetch("orders")?;
    let user_again = step("user", || fetch("user again"))?;
    anyhow::ensure!(attempt > 2, "the mail server is down");
    Ok(vec![user, team, orders, user_again])
}

/// Would record its secret.
#[task(secret_requests = ["my_secret"], retries = Retries(3, backoff = "1ms"))]
fn records_its_secret(log: String) -> anyhow::Result<()> {
    append(&log)?;
    step("read", || anyhow::Ok(current_context().secrets().get("my_secret")?.expose().to_owned()))?;
    Ok(())
}

/// Would name a step after its secret.
#[task(secret_requests = ["my_secret"], retries = Retries(3, backoff = "1ms"))]
fn names_a_step_after_its_secret(log: String) -> anyhow::Result<()> {
    let name = format!("charge-{}", current_context().secrets().get("my_secret")?.expose());
    append(&log)?;
    step(&name, || Ok(append(&log)?))
}

/// Gives two steps of the same name in two attempts results of two types.
#[task(retries = Retries(1, backoff = "1ms"))]
fn changes_its_steps(is_value_first: bool) -> anyhow::Result<()> {
    if is_value_first == (current_context().attempt() == 1) {
        step("work", || anyhow::Ok("done".to_owned()))?;
    } else {
        step("work", || anyhow::Ok(()))?;
    }
    anyhow::bail!("try again")
}

fn append(log: &str) -> std::io::Result<()> {
    OpenOptions::new().create(true).append(true).open(log)?.write_all(b"ran\n")
}

/// Returns the seconds between 1970 and the scheduled time.
#[task(schedule = Cron("@daily", trigger_time_input = "time"))]
fn at_its_time(time: SystemTime) -> anyhow::Result<u64> {
    Ok(time.duration_since(SystemTime::UNIX_EPOCH)?.as_secs())
}

fn main() -> ExitCode {
    sealkit::main()
}
