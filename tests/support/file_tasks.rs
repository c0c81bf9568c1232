//! Tasks with files and directories.

use std::{
    fs,
    io::{Read as _, Write as _},
    path::Path,
    process::ExitCode,
    thread,
    time::Duration,
};

use anyhow::Context as _;
use sealkit::{Dir, File, FileFormat, current_context, task, workflow};

struct Csv;

impl FileFormat for Csv {
    const NAME: &'static str = "csv";
}

/// Writes lines with numbers.
#[task]
fn write(lines: i64) -> anyhow::Result<File<Csv>> {
    let mut file = File::create("rows.csv")?;
    for n in 0..lines {
        writeln!(file, "{n}")?;
    }
    Ok(file.finish()?.into_format())
}

/// Returns the sum of the numbers in a file, read as a stream.
#[task]
fn sum(rows: File<Csv>) -> anyhow::Result<i64> {
    let mut text = String::new();
    rows.open()?.read_to_string(&mut text)?;
    text.lines().map(|line| Ok(line.parse::<i64>()?)).sum()
}

#[workflow]
fn write_and_sum(lines: i64) -> anyhow::Result<i64> {
    sum(write(lines)?)
}

/// Stores the file at `path` and reads it back in two ways.
#[task]
async fn copy(path: String) -> anyhow::Result<File> {
    let file = File::from_path(&path)?;
    let mut read = Vec::new();
    tokio::io::AsyncReadExt::read_to_end(&mut file.open()?, &mut read).await?;
    anyhow::ensure!(read == fs::read(&path)? && read == fs::read(file.download()?)?, "the copy differs");
    anyhow::ensure!(file.len()? == read.len() as u64, "the length differs");
    Ok(file)
}

/// Copies a file through this pod.
#[task]
fn pass_on(file: File) -> anyhow::Result<File> {
    Ok(File::from_path(file.download()?)?)
}

/// Reads the beginning of a file, says so by creating the file `begun`, and reads the rest when that is removed.
#[task]
fn read_in_two(file: File, begun: String) -> anyhow::Result<u64> {
    let mut reader = file.open()?;
    reader.read_exact(&mut [0])?;
    fs::write(&begun, "")?;
    while Path::new(&begun).exists() {
        thread::sleep(Duration::from_millis(5));
    }
    Ok(1 + std::io::copy(&mut reader, &mut std::io::sink())?)
}

/// Returns the number of bytes of a file.
#[task]
fn length(file: File) -> sealkit::Result<u64> {
    file.len()
}

/// Stores a directory with these files, each with its own path as content.
#[task]
fn tree(paths: Vec<String>) -> anyhow::Result<Dir> {
    let root = current_context().working_directory()?.join("tree");
    fs::create_dir(&root)?;
    for path in paths {
        let file = root.join(&path);
        fs::create_dir_all(file.parent().context("no parent")?)?;
        fs::write(file, path)?;
    }
    Ok(Dir::from_path(root)?)
}

/// Stores a directory with `count` files, and returns how many it has.
#[task]
fn many(count: u32) -> anyhow::Result<usize> {
    let root = current_context().working_directory()?.join("many");
    for n in 0..count {
        let directory = root.join((n / 1000).to_string());
        if n % 1000 == 0 {
            fs::create_dir_all(&directory)?;
        }
        fs::write(directory.join(n.to_string()), "content")?;
    }
    Ok(Dir::from_path(root)?.list()?.len())
}

/// Lists a directory, and checks its files both one by one and after downloading it.
#[task]
fn list(tree: Dir) -> anyhow::Result<Vec<String>> {
    let paths = tree.list()?;
    let copy = tree.download()?;
    for path in &paths {
        anyhow::ensure!(tree.file(path)?.text()? == *path, "`{path}` has other content");
        anyhow::ensure!(
            fs::read_to_string(copy.join(path))? == *path,
            "the copy of `{path}` has other content"
        );
    }
    Ok(paths)
}

#[workflow]
fn tree_and_list(paths: Vec<String>) -> anyhow::Result<Vec<String>> {
    list(tree(paths)?)
}

/// Two tasks that store files of one name.
#[workflow]
async fn two_of_one_name() -> anyhow::Result<Vec<File>> {
    async fn named(content: &str) -> sealkit::Result<File> {
        store(content.to_owned()).await
    }
    let (first, second) = tokio::try_join!(named("first"), named("second"))?;
    Ok(vec![first, second])
}

#[task]
async fn store(content: String) -> sealkit::Result<File> {
    File::from_bytes("same.txt", content)
}

/// Writes a file to its working directory, and does not return.
#[task(timeout = "1s")]
fn ends(how: String) -> anyhow::Result<()> {
    fs::write(current_context().working_directory()?.join("large.bin"), how.as_bytes())?;
    match how.as_str() {
        "abort" => std::process::abort(),
        "exit" => std::process::exit(3),
        "kill" => drop(std::process::Command::new("sh").args(["-c", "kill -9 $PPID"]).status()),
        _ => thread::sleep(Duration::from_secs(60)),
    }
    Ok(())
}

/// Stores a file with `secret`, which the task was given, but has not read.
#[task(secret_requests = [Secret(key = "my_secret")])]
fn leak(way: String, secret: String) -> anyhow::Result<File> {
    let directory = current_context().working_directory()?;
    let path = directory.join("config.txt");
    fs::write(&path, format!("token = {secret}\n"))?;
    Ok(match way.as_str() {
        "path" => File::from_path(path)?,
        "bytes" => File::from_bytes("config.txt", secret)?,
        "large" => {
            let mut file = File::create("large.bin")?;
            for _ in 0..1000 {
                file.write_all(&[b'x'; 16_381])?;
            }
            file.write_all(secret.as_bytes())?;
            file.write_all(&[b'y'; 16_384])?;
            file.finish()?
        }
        "name" => File::from_bytes(&secret, "")?,
        _ => anyhow::bail!("unknown way"),
    })
}

/// Stores a directory of which one file has a secret.
#[task(secret_requests = [Secret(key = "my_secret")])]
fn leak_in_directory() -> anyhow::Result<Dir> {
    let root = current_context().working_directory()?.join("tree");
    fs::create_dir_all(root.join("sub"))?;
    for n in 0..20 {
        fs::write(root.join(format!("{n:02}.txt")), "nothing")?;
    }
    let secret = current_context().secrets().get("my_secret")?;
    fs::write(root.join("sub/config.txt"), secret.expose())?;
    Ok(Dir::from_path(root)?)
}

/// Stores a file with a secret, which is allowed.
#[task(
    secret_requests = [Secret(key = "my_secret")],
    allow_secret_in(output = "o0", secret = "my_secret", because = "the next task configures a server with it"),
)]
fn allowed(from_path: bool) -> anyhow::Result<File> {
    let context = current_context();
    let secret = context.secrets().get("my_secret")?;
    if !from_path {
        return Ok(File::from_bytes("config.txt", secret.expose())?);
    }
    let path = context.working_directory()?.join("config.txt");
    fs::write(&path, secret.expose())?;
    Ok(File::from_path(path)?)
}

/// Stores whatever is at `path`.
#[task]
fn from_path(path: String, is_dir: bool) -> sealkit::Result<String> {
    if is_dir {
        return Dir::from_path(path).map(|directory| directory.uri().to_owned());
    }
    File::from_path(path).map(|file| file.uri().to_owned())
}

/// Stores a file, says so, and waits to be killed.
#[task]
fn wait(path: String) -> anyhow::Result<File> {
    let file = File::from_bytes("kept.txt", "content")?;
    fs::write(Path::new(&path), file.uri())?;
    thread::sleep(Duration::from_secs(60));
    Ok(file)
}

fn main() -> ExitCode {
    sealkit::main()
}
