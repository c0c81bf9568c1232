//! Misbehaving tasks, which tests run as pods.

mod call_tasks;
mod error_tasks;
mod isolation_tasks;
mod output_tasks;
mod retry_tasks;
mod slot_tasks;
mod spy;
mod terminal_tasks;

use std::{
    fs,
    io::{self, IsTerminal, Write},
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Command, ExitCode, Stdio},
    task::Poll,
    thread,
    time::Duration,
};

use sealkit::{current_context, task, workflow};

/// Returns the length of its secret.
#[task(secret_requests = [Secret(key = "my_secret")])]
fn t1() -> sealkit::Result<usize> {
    Ok(current_context().secrets().get("my_secret")?.expose().len())
}

/// Returns its run, its action and its execution.
#[task]
fn whereabouts() -> sealkit::Result<Vec<Option<String>>> {
    let context = current_context();
    let elsewhere = thread::spawn(|| current_context().execution_id()).join().unwrap_or_default();
    Ok(vec![Some(context.execution_id()), context.action_name(), Some(elsewhere)])
}

/// Returns text of the requested size.
#[task]
fn sized(bytes: usize) -> sealkit::Result<String> {
    Ok("x".repeat(bytes))
}

/// Returns the length of its secret file.
#[task(secret_requests = [Secret(key = "my_file_secret", group = "certs", mount_requirement = FILE, env_var = "MY_CERT")])]
async fn t2(rows: usize) -> anyhow::Result<usize> {
    let path = current_context().secrets().get_secrets_file("my_file_secret")?;
    anyhow::ensure!(
        std::env::var_os("MY_CERT").is_some_and(|named| named == *path),
        "the variable holds no path"
    );
    Ok(rows + fs::read(path)?.len())
}

/// Calls two tasks, and has no secrets.
#[workflow(name = "main")]
async fn pipeline() -> anyhow::Result<usize> {
    t2(t1()?).await
}

/// Returns a function that counts a masked value. The mask hides it from the search itself.
fn unmask(masked: &str) -> impl Fn(&[u8]) -> usize {
    let needle: Vec<u8> = masked.split('.').filter_map(|byte| byte.parse().ok()).collect();
    move |text: &[u8]| {
        let is_here = |part: &[u8]| part.iter().zip(&needle).all(|(byte, masked)| byte ^ 0xa5 == *masked);
        text.windows(needle.len()).filter(|part| is_here(part)).count()
    }
}

/// Searches the whole system for a secret of another task.
#[task(secret_requests = [Secret(key = "loot")])]
fn thief(masked: String) -> anyhow::Result<Vec<String>> {
    current_context().secrets().get("loot")?;
    let count = unmask(&masked);
    let mut found = Vec::new();
    let mut note = |place: &str, bytes: &[u8]| {
        if count(bytes) > 0 {
            found.push(place.to_owned());
        }
    };
    for (name, value) in std::env::vars_os() {
        note(&name.to_string_lossy(), value.as_encoded_bytes());
    }
    for file in ["environ", "cmdline"] {
        note(file, &fs::read(format!("/proc/self/{file}")).unwrap_or_default());
    }
    // The files of all runs of this user.
    let mut folders =
        vec![PathBuf::from(format!("/dev/shm/sealkit-{}", rustix::process::geteuid().as_raw()))];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            if entry.file_type()?.is_dir() {
                folders.push(entry.path());
            }
            note(&entry.path().display().to_string(), &fs::read(entry.path()).unwrap_or_default());
        }
    }
    for entry in fs::read_dir("/proc/self/fd")?.flatten() {
        let target = fs::read_link(entry.path()).unwrap_or_default();
        // Pipes and devices would block.
        if target.is_file() {
            note(&target.display().to_string(), &fs::read(&target).unwrap_or_default());
        }
    }
    let maps = fs::read_to_string("/proc/self/maps")?;
    let memory = fs::File::open("/proc/self/mem");
    for line in maps.lines().filter(|line| line.contains(" rw")) {
        use std::os::unix::fs::FileExt;
        let range = line.split_once(' ').unwrap_or_default().0.split_once('-').unwrap_or_default();
        let [start, end] =
            [range.0, range.1].map(|address| u64::from_str_radix(address, 16).unwrap_or_default());
        let mut bytes = vec![0; usize::try_from(end - start)?];
        if let Ok(memory) = &memory
            && memory.read_exact_at(&mut bytes, start).is_ok()
        {
            note("its own memory", &bytes);
        }
    }
    Ok(found)
}

/// Runs a task with another secret, and then the thief.
#[workflow]
fn theft(masked: String) -> anyhow::Result<Vec<String>> {
    t1()?;
    thief(masked)
}

/// Holds its secret file until `directory` contains `stop`, and creates `started` there first.
#[task(secret_requests = [Secret(key = "my_file_secret", group = "certs", mount_requirement = FILE)])]
fn has_a_file(directory: String) -> anyhow::Result<usize> {
    let directory = Path::new(&directory);
    let path = current_context().secrets().get_secrets_file("my_file_secret")?;
    fs::write(directory.join("started"), "")?;
    wait_for(&directory.join("stop"));
    // Child processes can read the file, too.
    let read = Command::new("cat").arg(path).output()?;
    Ok(read.stdout.len())
}

fn wait_for(path: &Path) {
    while !path.exists() {
        thread::sleep(Duration::from_millis(10));
    }
}

/// Runs the thief while another task holds its secret file.
#[workflow]
fn theft_beside(masked: String) -> anyhow::Result<Vec<String>> {
    let context = current_context();
    let directory = tempfile::tempdir()?;
    let path = directory.path().to_string_lossy().into_owned();
    thread::scope(|threads| {
        let other = threads.spawn(|| context.run(|| has_a_file(path)));
        wait_for(&directory.path().join("started"));
        let found = thief(masked);
        fs::write(directory.path().join("stop"), "")?;
        let found = found?;
        let length = other.join().map_err(|_| anyhow::anyhow!("panicked"))??;
        anyhow::ensure!(length > 0, "the file is empty");
        Ok(found)
    })
}

/// Ends in one of several ways.
#[task(secret_requests = [Secret(key = "my_secret")])]
fn ends(way: String) -> anyhow::Result<String> {
    let secret = current_context().secrets().get("my_secret")?;
    let secret = secret.expose();
    let mut stdout = io::stdout();
    match way.as_str() {
        "panic" => panic!("{secret} is wrong"),
        "abort" => std::process::abort(),
        "exit" => std::process::exit(7),
        "overflow" => drop(overflow(0)),
        "kill" => drop(Command::new("sh").args(["-c", "kill -9 $PPID"]).status()?),
        "close" => drop(rustix::stdio::dup2_stdout(fs::File::open("/dev/null")?)),
        "binary" => stdout.write_all(&[b"\xff\x00\x1b[31m".as_slice(), secret.as_bytes(), b"\n"].concat())?,
        "split" => {
            let (first, last) = secret.split_at(secret.len() / 2);
            for part in [first, last, "\n"] {
                stdout.write_all(part.as_bytes())?;
                stdout.flush()?;
                thread::sleep(Duration::from_millis(300));
            }
        }
        "flood" => {
            let line = format!("{}{secret}\n", "x".repeat(1000));
            let lines = std::env::var("LINES").ok().and_then(|count| count.parse().ok()).unwrap_or(20_000);
            for _ in 0..lines {
                stdout.write_all(line.as_bytes())?;
            }
        }
        "memory" => {
            let limit = rustix::process::Rlimit { current: Some(1 << 30), maximum: Some(1 << 30) };
            rustix::process::setrlimit(rustix::process::Resource::As, limit)?;
            let much: Vec<Vec<u8>> = (0..64).map(|_| vec![1; 1 << 26]).collect();
            drop(much);
        }
        "terminal" => {
            let is_terminal =
                [io::stdout().is_terminal(), io::stderr().is_terminal(), io::stdin().is_terminal()];
            writeln!(stdout, "{is_terminal:?} \x1b[1m{secret}\x1b[0m")?;
        }
        // A child process that outlives the task and keeps its output open.
        "leave" => drop(Command::new("sleep").arg("1000").process_group(0).spawn()?),
        "fork" => drop(Command::new("sleep").arg("1000").spawn()?),
        _ => {}
    }
    Ok("ended".to_owned())
}

/// Starts a child process in its process group, and returns the ID of the child.
#[task]
fn leaves_a_child() -> anyhow::Result<i64> {
    Ok(Command::new("sleep").arg("999").spawn()?.id().into())
}

/// Exits with a code.
#[task]
fn exits(code: i32) -> sealkit::Result<()> {
    std::process::exit(code)
}

/// Uses the whole stack.
#[expect(unconditional_recursion, reason = "it has to overflow")]
fn overflow(depth: usize) -> [usize; 512] {
    let mut above = overflow(depth + 1);
    above[depth % 512] = depth;
    above
}

/// Ignores SIGTERM, prints a line and sleeps until it is killed.
#[task(timeout = 1)]
fn ignores_sigterm() -> sealkit::Result<()> {
    let status =
        Command::new("bash").args(["-c", "trap '' TERM; echo waiting; while :; do sleep 1; done"]).exec();
    Err(sealkit::Error::other(status))
}

/// Sleeps until it times out.
#[task(timeout = 1)]
fn hangs() -> sealkit::Result<()> {
    loop {
        thread::sleep(Duration::from_secs(1));
    }
}

/// Prints a line and sleeps forever.
#[task(secret_requests = [Secret(key = "my_file_secret", group = "certs", mount_requirement = FILE)])]
fn waits() -> sealkit::Result<()> {
    println!("waiting");
    loop {
        thread::sleep(Duration::from_secs(1));
    }
}

/// Uses 256 MiB of memory.
#[task]
fn fills_memory() -> sealkit::Result<usize> {
    Ok(std::hint::black_box(vec![1_u8; 256 << 20]).len())
}

/// Calls a task that sleeps forever.
#[workflow]
fn waits_for_it() -> sealkit::Result<()> {
    waits()
}

/// Cancels a call of a task that sleeps forever.
#[workflow]
async fn gives_up() -> anyhow::Result<String> {
    let late = tokio::time::timeout(Duration::from_millis(400), waits_async()).await;
    anyhow::ensure!(late.is_err(), "it has ended");
    Ok("given up".to_owned())
}

/// Sleeps forever.
#[task]
async fn waits_async() -> sealkit::Result<()> {
    tokio::time::sleep(Duration::from_secs(1000)).await;
    Ok(())
}

/// Prints a number.
#[task]
fn say(n: i64) -> sealkit::Result<()> {
    println!("number {n}");
    Ok(())
}

/// Calls the same task again and again.
#[workflow(calls = [say])]
fn says() -> sealkit::Result<()> {
    (1..=3).try_for_each(say)
}

/// Calls a task with a secret, and declares it.
#[workflow(calls = [t1])]
fn calls_t1() -> sealkit::Result<usize> {
    t1()
}

/// Calls a workflow that declares its calls.
#[workflow(calls = [calls_t1, add_one])]
async fn calls_deeply() -> sealkit::Result<usize> {
    add_one(1).await?;
    calls_t1()
}

/// Calls a task that it does not declare.
#[workflow(calls = [add_one])]
fn calls_another_task() -> sealkit::Result<usize> {
    t1()
}

/// Adds one.
#[task]
async fn add_one(n: i64) -> sealkit::Result<i64> {
    Ok(n + 1)
}

/// Calls `width` tasks concurrently.
#[workflow]
async fn fan_out(width: i64) -> anyhow::Result<i64> {
    let (mut sum, mut pending) = (0, Vec::new());
    for n in 0..width {
        let mut call = Box::pin(add_one(n));
        // A call starts when it is polled for the first time. On a busy machine, it may have ended then.
        match std::future::poll_fn(|task| Poll::Ready(call.as_mut().poll(task))).await {
            Poll::Ready(result) => sum += result?,
            Poll::Pending => pending.push(call),
        }
    }
    for call in pending {
        sum += call.await?;
    }
    Ok(sum)
}

/// Calls tasks on several threads.
#[workflow]
fn on_threads() -> anyhow::Result<usize> {
    let context = current_context();
    let lengths = thread::scope(|threads| {
        let calls: Vec<_> = (0..4).map(|_| threads.spawn(|| context.run(t1))).collect();
        calls
            .into_iter()
            .map(|call| call.join().map_err(|_| anyhow::anyhow!("panicked"))?.map_err(Into::into))
            .sum::<anyhow::Result<usize>>()
    })?;
    Ok(lengths)
}

/// Calls itself recursively.
#[task]
fn recurse(depth: i64) -> sealkit::Result<i64> {
    if depth == 0 { Ok(0) } else { Ok(recurse(depth - 1)? + 1) }
}

/// Returns the error of a called task.
#[workflow]
fn asks_a_failing_one(way: String) -> sealkit::Result<String> {
    match ends(way) {
        Ok(output) => Ok(output),
        Err(error) => {
            let error = error.downcast::<sealkit::Error>().map_err(sealkit::Error::other)?;
            Ok(format!("{}: {error}", error.kind()))
        }
    }
}

/// Requests its secret in an environment variable.
#[task(secret_requests = [Secret(key = "token", mount_requirement = ENV_VAR, env_var = "HF_TOKEN")])]
fn variable_only() -> anyhow::Result<usize> {
    Ok(std::env::var("HF_TOKEN")?.len())
}

/// Returns the names of its environment variables.
#[task(secret_requests = [Secret(key = "token", env_var = "HF_TOKEN")])]
fn surroundings() -> anyhow::Result<Vec<String>> {
    let inherited = Command::new("/usr/bin/env").stdin(Stdio::null()).output()?;
    let inherited = String::from_utf8_lossy(&inherited.stdout).into_owned();
    anyhow::ensure!(inherited.contains("HF_TOKEN="), "the variable is not inherited");
    Ok(std::env::vars().map(|(name, _)| name).collect())
}

fn main() -> ExitCode {
    // How the program ends, or does not, before its task starts.
    match std::env::var("BEFORE_MAIN").as_deref() {
        Ok("hang") => thread::sleep(Duration::MAX),
        Ok("panic") => panic!("the configuration is missing"),
        Ok("return") => return ExitCode::SUCCESS,
        _ => {}
    }
    sealkit::main()
}
