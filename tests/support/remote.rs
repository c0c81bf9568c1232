//! A program whose tasks run on a cluster.

use std::{collections::BTreeMap, fs, process::ExitCode, time::Duration};

use sealkit::{File, TaskType, current_context, step, step_async, task, workflow};

/// Returns the length of a secret.
#[task(secret_requests = [Secret(key = "my_secret")])]
fn t1() -> sealkit::Result<usize> {
    println!("t1 has started");
    Ok(current_context().secrets().get("my_secret")?.expose().len())
}

/// Returns the length of a secret file, plus a number of rows.
#[task(secret_requests = [Secret(key = "my_file_secret", mount_requirement = FILE)])]
async fn t2(rows: usize) -> anyhow::Result<usize> {
    let path = current_context().secrets().get_secrets_file("my_file_secret")?;
    Ok(rows + fs::read(path)?.len())
}

/// Calls two tasks, each with its own secret.
#[workflow(name = "main", calls = [t1, t2])]
async fn pipeline() -> anyhow::Result<usize> {
    println!("main has started");
    t2(t1()?).await
}

/// Returns a square.
#[task]
async fn square(number: i64) -> sealkit::Result<i64> {
    Ok(number * number)
}

/// Calls one task many times concurrently.
#[workflow]
async fn sum_of_squares(numbers: Vec<i64>) -> sealkit::Result<i64> {
    let squares: Vec<_> = numbers.into_iter().map(square).collect();
    let mut sum = 0;
    for square in squares {
        sum += square.await?;
    }
    Ok(sum)
}

/// An input that is returned as the output.
#[derive(Clone, Debug, TaskType)]
struct Order {
    name: String,
    lines: Vec<f64>,
}

#[task]
fn echo(order: Order, note: Option<String>) -> sealkit::Result<Order> {
    println!("{}", note.unwrap_or_else(|| "no note".to_owned()));
    Ok(Order { name: format!("{} again", order.name), ..order })
}

/// Repeats an order. It has inputs of all types that the official launcher of Rust tasks supports.
#[task]
fn repeat(order: Order, times: i64, factor: f64, gift: bool, note: String) -> sealkit::Result<Order> {
    Ok(Order { name: format!("{} {times} {factor} {gift} {note}", order.name), ..order })
}

/// Fails in its first attempt.
#[task(retries = 2)]
fn unstable() -> anyhow::Result<String> {
    let attempt = std::env::var("FLYTE_ATTEMPT_NUMBER")?;
    anyhow::ensure!(attempt != "0", "the warehouse cannot be reached");
    Ok(format!("try {attempt}"))
}

/// Fails with a secret in the error.
#[task(secret_requests = [Secret(key = "my_secret")])]
fn leaking() -> anyhow::Result<()> {
    let secret = current_context().secrets().get("my_secret")?;
    anyhow::bail!("no access for {} \u{1b}[31mred", secret.expose())
}

/// Fails with a long error that holds a secret many times.
#[task(secret_requests = [Secret(key = "my_secret")])]
fn verbose(times: usize) -> anyhow::Result<()> {
    let secret = current_context().secrets().get("my_secret")?;
    anyhow::bail!("begin {}end", format!("{} ", secret.expose()).repeat(times))
}

/// Calls a task that fails.
#[workflow]
fn unlucky() -> anyhow::Result<()> {
    leaking()
}

/// Prints numbered lines.
#[task]
async fn chatty(number: i64, lines: i64) -> sealkit::Result<i64> {
    for line in 0..lines {
        println!("child {number} line {line}");
    }
    Ok(number)
}

/// Calls `chatty` many times concurrently.
#[workflow]
async fn crowd(children: i64, lines: i64) -> sealkit::Result<i64> {
    let children: Vec<_> = (0..children).map(|number| chatty(number, lines)).collect();
    let mut sum = 0;
    for child in children {
        sum += child.await?;
    }
    Ok(sum)
}

/// Kills the supervisor of its pod, which then cannot write an error.
#[task]
fn crashing() -> sealkit::Result<()> {
    println!("about to crash");
    let supervisor = rustix::process::getppid();
    let _ = supervisor.map(|pid| rustix::process::kill_process(pid, rustix::process::Signal::KILL));
    std::process::exit(3)
}

/// Ends without an answer.
#[task(retries = Retries(1, backoff = "1s"))]
fn aborting() -> sealkit::Result<()> {
    println!("about to abort");
    std::process::abort()
}

/// Reaches its timeout.
#[task(timeout = 1)]
fn hanging() -> sealkit::Result<()> {
    std::thread::sleep(Duration::from_secs(1000));
    Ok(())
}

/// Calls a task that ends without an answer, from a thread without a context.
#[workflow]
fn calls_from_a_thread(task: String) -> anyhow::Result<()> {
    let call = move || if task == "aborting" { aborting() } else { hanging() };
    std::thread::spawn(call).join().map_err(|_| anyhow::anyhow!("panicked"))??;
    Ok(())
}

/// Exceeds its deadline in its first attempt.
#[task(retries = 3, timeout = Timeout(deadline = "2s"))]
async fn late() -> sealkit::Result<()> {
    tokio::time::sleep(Duration::from_secs(1000)).await;
    Ok(())
}

/// Does not wait long for a free slot.
#[task(timeout = Timeout(max_queued_time = "1s"))]
fn impatient() -> sealkit::Result<()> {
    Ok(())
}

/// Calls a task whose limits count from the call.
#[workflow(calls = [late, impatient])]
async fn calls_with_limits(task: String) -> sealkit::Result<()> {
    if task == "late" { late().await } else { impatient() }
}

/// Returns the length of a text.
#[task]
fn measure(text: String) -> sealkit::Result<usize> {
    Ok(text.len())
}

/// Calls tasks where its context is not handed over.
#[workflow(secret_requests = [Secret(key = "my_secret")])]
async fn calls_without_context(place: String) -> anyhow::Result<usize> {
    let secret = current_context().secrets().get("my_secret")?.expose().to_owned();
    Ok(match place.as_str() {
        "spawn" => tokio::spawn(t2(1)).await??,
        "async_block" => tokio::spawn(async { t2(1).await }).await??,
        "spawn_blocking" => tokio::task::spawn_blocking(t1).await??,
        "session" => sealkit::Session::isolated().run(t1)?,
        _ => tokio::task::spawn_blocking(move || measure(secret)).await??,
    })
}

/// Calls a task that crashes.
#[workflow]
fn crashing_child() -> sealkit::Result<()> {
    crashing()
}

/// Sleeps.
#[task]
async fn slow(seconds: f64) -> sealkit::Result<()> {
    println!("sleeping");
    tokio::time::sleep(Duration::from_secs_f64(seconds)).await;
    Ok(())
}

/// Fails when it is called for the first time.
#[task]
fn once_too_early(marker: String) -> anyhow::Result<bool> {
    anyhow::ensure!(fs::exists(&marker)?, fs::write(&marker, "").map_or("no marker", |()| "too early"));
    Ok(true)
}

/// Calls a task that fails once, and a task that succeeds.
#[workflow(retries = 1)]
fn stubborn(marker: String) -> anyhow::Result<bool> {
    t1()?;
    once_too_early(marker)
}

/// Returns an environment variable.
#[task]
fn variable(name: String) -> sealkit::Result<Option<String>> {
    Ok(std::env::var(name).ok())
}

/// Returns an environment variable of a called task.
#[workflow]
fn variable_of_child(name: String) -> sealkit::Result<Option<String>> {
    variable(name)
}

/// Does a step once in two attempts.
#[workflow(retries = 1)]
async fn steps(marker: String) -> anyhow::Result<i64> {
    let attempt = i64::from(current_context().attempt());
    let first = step("charge", || {
        fs::write(&marker, attempt.to_string())?;
        anyhow::Ok(attempt)
    })?;
    let second = step_async("mail", async { anyhow::Ok(attempt * 10) }).await?;
    step("nothing", || anyhow::Ok(()))?;
    anyhow::ensure!(attempt > 1, "the first attempt fails");
    Ok(first + second)
}

/// Inputs of all shapes, of which the key of a cached result is made.
#[derive(Clone, Debug, TaskType)]
struct Nested {
    zeta: i64,
    a: Option<String>,
    list: Vec<BTreeMap<String, f64>>,
}

#[task(cache = Cache("v1", ignored_inputs = ["marker"]))]
fn cached(
    marker: String,
    /// What is returned.
    n: i64,
    nested: Nested,
    file: File,
    map: BTreeMap<String, Vec<i64>>,
) -> anyhow::Result<i64> {
    fs::write(&marker, "ran")?;
    drop((nested, file, map));
    Ok(n)
}

/// Is cached, and calls a task with a secret.
#[workflow(cache = Cache("v1", max_age = "1d"), calls = [t1])]
fn cached_with_secret() -> sealkit::Result<usize> {
    t1()
}

/// Calls a cached task.
#[workflow(calls = [cached])]
fn calls_cached(marker: String) -> anyhow::Result<i64> {
    let list = vec![BTreeMap::from([("long".to_owned(), 1.5), ("b".to_owned(), 2.0)])];
    let nested = Nested { zeta: 1, a: Some("x".to_owned()), list };
    let file = File::new("s3://bucket/x.csv").with_hash("abc");
    let map = BTreeMap::from([("k".to_owned(), vec![1, 2]), ("a".to_owned(), vec![])]);
    cached(marker, 5, nested, file, map)
}

fn main() -> ExitCode {
    sealkit::main()
}
