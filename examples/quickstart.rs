//! A tour with temporary secrets. It needs no setup and leaves nothing behind.

#![expect(clippy::print_stdout, reason = "this program explains itself")]

use std::{fs, process::ExitCode};

use sealkit::{MountedDirectory, Session, TaskMetadata, current_context, task, workflow};

/// Calls an API with a token, and returns the length of the token.
#[task(secret_requests = [Secret(key = "my_secret")])]
fn t1() -> sealkit::Result<usize> {
    let secret = current_context().secrets().get("my_secret")?;
    println!("   t1 got {secret:?}; expose() gives access to its {} bytes", secret.expose().len());
    Ok(secret.expose().len())
}

/// Passes a key file to a library.
#[task(secret_requests = [Secret(key = "my_file_secret", group = "certificates", mount_requirement = FILE)])]
fn t2(rows: usize) -> anyhow::Result<usize> {
    let path = current_context().secrets().get_secrets_file("my_file_secret")?;
    println!("   t2 got the file …/{}", path.file_name().unwrap_or_default().to_string_lossy());
    Ok(rows + fs::read(path)?.len())
}

/// Reads a secret that it did not declare, by a key that the compiler cannot see.
#[task(secret_requests = [Secret(key = "my_secret")])]
fn nosy(key: String) -> sealkit::Result<()> {
    current_context().secrets().get(&key).map(drop)
}

/// Runs both tasks. It has no secrets of its own.
#[workflow(name = "main")]
fn pipeline() -> anyhow::Result<usize> {
    t2(t1()?)
}

/// Without arguments it gives the tour; with arguments it runs its tasks, as every program with tasks does.
fn main() -> ExitCode {
    if std::env::args_os().len() > 1 {
        return sealkit::main();
    }
    match tour() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            println!("the tour failed: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn tour() -> anyhow::Result<()> {
    // A private directory in place of the secrets that a cluster mounts. It is removed at the end.
    let mounts = tempfile::tempdir()?;
    fs::create_dir(mounts.path().join("certificates"))?;
    fs::write(mounts.path().join("my_secret"), "correct horse battery staple\n")?;
    fs::write(mounts.path().join("certificates/my_file_secret"), "-----BEGIN CERTIFICATE-----\n")?;
    fs::write(mounts.path().join("payroll"), "not for these tasks")?;
    let session = Session::isolated().provider(MountedDirectory::new(mounts.path()));

    println!("1. A task gets the secrets that it declares, as a value or as a file:\n");
    let total = session.run(pipeline)?;
    println!("   the workflow returned {total}\n");

    println!("2. It gets no others, although the file is in the same directory:\n");
    if let Err(error) = session.run(|| nosy("payroll".to_owned())) {
        println!("   {error}\n");
    }

    println!("3. A misspelled key gets a suggestion. Written as a literal, it does not compile:\n");
    if let Err(error) = session.run(|| nosy("my_secrt".to_owned())) {
        println!("   {error}\n");
    }

    println!("4. The declaration of a task is data, available without running it:\n");
    if let Some(task) = TaskMetadata::of(&t2) {
        let json = serde_json::to_string_pretty(task)?;
        println!("   {}\n", json.replace('\n', "\n   "));
    }

    #[cfg(unix)]
    {
        println!("5. `sealkit run` starts a process for each task, with the secrets of that task only:\n");
        let output = pods::run("main")?;
        println!("   the workflow returned {output}\n");
    }

    println!("Next, with your own secret:\n");
    println!("   cargo sealkit create secret my_secret");
    println!("   cargo sealkit run examples/using_secrets.rs main");
    Ok(())
}

/// Runs a workflow as `sealkit run` does, with temporary secrets.
#[cfg(unix)]
mod pods {
    use std::{sync::Arc, time::Duration};

    use sealkit_engine::{Engine, Event, PodOptions, Values};
    use sealkit_program::{Inputs, Program, SecretRequest};
    use zeroize::Zeroizing;

    pub(crate) fn run(task: &str) -> anyhow::Result<String> {
        let program = Program::open(&std::env::current_exe()?, Duration::from_secs(30))?;
        let lookup = |request: &SecretRequest| {
            let value = match &*request.key {
                "my_secret" => "correct horse battery staple",
                _ => "-----BEGIN CERTIFICATE-----\n",
            };
            Ok(Some(Zeroizing::new(value.as_bytes().to_vec()).into()))
        };
        let mut values = Values::default();
        values.look_up(program.tasks(), &lookup)?;
        let engine = Engine::new(program, values, PodOptions::default(), Arc::new(show))?;
        let done = engine.run(task, &Inputs::default()).map_err(|problem| anyhow::anyhow!("{problem:#}"))?;
        Ok(done.json)
    }

    fn show(event: &Event<'_>) {
        match event {
            Event::Started { task, .. } => {
                let secrets = task.secret_requests.iter().map(|secret| secret.request().to_string());
                println!("   {} starts with secrets {:?}", task.name, secrets.collect::<Vec<_>>());
            }
            Event::Output { bytes, .. } => print!("{}", String::from_utf8_lossy(bytes)),
            _ => {}
        }
    }
}
