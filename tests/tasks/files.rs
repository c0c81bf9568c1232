//! Files that tasks store in this process: what is found in them, and what is left.

use std::{fs, io::Read as _, path::PathBuf, process::Command, thread};

use sealkit::{Dir, ErrorKind, File, current_context, task, testing::TestSecrets};
use support::Python;

const SECRET: &str = "k3Jq-71xT/w+Qz9";

/// Stores the file at `path`, after reading the secret.
#[task(secret_requests = [Secret(key = "token")])]
fn store(path: String) -> sealkit::Result<File> {
    current_context().secrets().get("token")?;
    File::from_path(path)
}

/// Stores the directory at `path`, after reading the secret.
#[task(secret_requests = [Secret(key = "token")])]
fn store_directory(path: String) -> sealkit::Result<Dir> {
    current_context().secrets().get("token")?;
    Dir::from_path(path)
}

fn secrets() -> TestSecrets {
    TestSecrets::new().with("token", SECRET)
}

/// Runs a line of a shell in a new directory that has the file `secret.txt`, and returns the path of the file `name`.
fn made_by(shell: &str, name: &str) -> (tempfile::TempDir, String) {
    let directory = tempfile::tempdir().unwrap();
    let lines = |n: u32| {
        (n..n + 10_000).map(|n| format!("{:x}", n.wrapping_mul(0x9e37_79b9))).collect::<Vec<_>>().join("\n")
    };
    let text = format!("{}token = {SECRET}\n{}", lines(0), lines(10_000));
    fs::write(directory.path().join("secret.txt"), text).unwrap();
    fs::write(directory.path().join("other.txt"), "nothing").unwrap();
    let status = Command::new("sh").arg("-ec").arg(shell).current_dir(&directory).status().unwrap();
    assert!(status.success(), "{shell}");
    let path = directory.path().join(name).to_str().unwrap().to_owned();
    (directory, path)
}

/// Returns the message of the leak in a file.
fn leak(path: &str) -> String {
    let error = secrets().run(|| store(path.to_owned())).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Leak, "{error}");
    assert!(!format!("{error:?}{error:#}").contains(SECRET));
    error.to_string()
}

#[test]
fn secrets_in_compressed_files_are_found() {
    let found = |shell: &str, name: &str| {
        let (_directory, path) = made_by(shell, name);
        leak(&path)
    };
    assert!(found("gzip secret.txt", "secret.txt.gz").starts_with(
        "decompressed file `secret.txt.gz` of task `store` contains secret `token` (in plain text, at byte "
    ));
    // Two members of gzip, the name does not matter, and a tar archive is text.
    assert!(
        found("gzip -c other.txt > a; gzip -c secret.txt >> a", "a").starts_with("decompressed file `a`")
    );
    assert!(found("tar czf a.tgz other.txt secret.txt", "a.tgz").starts_with("decompressed file `a.tgz`"));
    assert!(found("tar cf a.tar secret.txt", "a.tar").starts_with("file `a.tar`"));
    // The base64 of the secret inside.
    assert!(found("base64 -w 0 secret.txt | gzip > a.gz", "a.gz").contains("(in base64, at byte "));
}

#[test]
#[cfg_attr(not(has_python), ignore = "needs TEST_PYTHON")]
fn secrets_in_archives_are_found() {
    let python = Python::from_environment().tool("python").display().to_string();
    let zip = |lines: &str| format!("{python} -c \"\nimport zipfile\n{lines}\"");
    let found = |shell: &str| {
        let (_directory, path) = made_by(shell, "a.zip");
        leak(&path)
    };
    for method in ["ZIP_STORED", "ZIP_DEFLATED"] {
        let shell = zip(&format!(
            "with zipfile.ZipFile('a.zip', 'w', zipfile.{method}) as z:\n  z.write('other.txt')\n  z.write('secret.txt', 'sub/secret.txt')"
        ));
        let message = found(&shell);
        // A member that is stored is a part of the archive as it is.
        let expected = if method == "ZIP_STORED" {
            "file `a.zip`"
        } else {
            "member `sub/secret.txt` of file `a.zip` of task"
        };
        assert!(message.starts_with(expected), "{message}");
    }
    // A size that is unknown in advance: the sizes follow the data.
    let shell = zip(
        "import sys\nwith open('a.zip', 'wb') as f:\n  class Pipe:\n    def write(self, data): return f.write(data)\n    def flush(self): pass\n  with zipfile.ZipFile(Pipe(), 'w', zipfile.ZIP_DEFLATED) as z:\n    z.write('secret.txt')",
    );
    assert!(found(&shell).starts_with("member `secret.txt` of file `a.zip`"));
}

#[test]
#[cfg_attr(not(has_zstd), ignore = "needs zstd")]
fn secrets_in_zstd_are_found() {
    let found = |shell: &str| {
        let (_directory, path) = made_by(shell, "a.zst");
        leak(&path)
    };
    let message = found("zstd -q secret.txt -o a.zst");
    assert!(message.starts_with("decompressed file `a.zst`") && message.contains("at byte "), "{message}");
    // Two frames, and one between them that decoders skip.
    let skipped = "printf '\\120\\052\\115\\030\\003\\000\\000\\000abc'";
    let shell = format!("(zstd -qc other.txt; {skipped}; zstd -q -19 -c secret.txt) > a.zst");
    assert!(found(&shell).starts_with("decompressed file `a.zst`"));
}

#[test]
fn a_file_without_a_secret_is_stored_whatever_it_contains() {
    let stored = |shell: &str, name: &str| {
        let (_directory, path) = made_by(shell, name);
        let session = secrets().session();
        let file = session.run(|| store(path.clone())).unwrap();
        assert!(file.bytes().unwrap() == fs::read(path).unwrap(), "{shell}");
    };
    stored("gzip other.txt", "other.txt.gz");
    // Not what its first bytes say, cut off, and with bytes after the end.
    stored("printf '\\037\\213nothing' > a", "a");
    stored("printf 'PK\\003\\004nothing' > a", "a");
    stored("printf '\\050\\265\\057\\375nothing' > a", "a");
    stored("gzip -c other.txt | head -c 20 > a", "a");
    stored("gzip -c other.txt > a; echo nothing >> a", "a");
    stored(": > a", "a");
}

#[test]
fn a_file_that_changes_while_it_is_read_is_not_stored() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("log.txt");
    fs::write(&path, vec![b'.'; 64 << 20]).unwrap();
    let session = secrets().session();
    let outcome = thread::scope(|threads| {
        let storing = threads.spawn(|| session.run(|| store(path.to_str().unwrap().to_owned())));
        while !storing.is_finished() {
            use std::io::Write as _;
            fs::File::options().append(true).open(&path).unwrap().write_all(b"more").unwrap();
        }
        storing.join().unwrap()
    });
    assert_eq!(
        outcome.unwrap_err().to_string(),
        "cannot store the file `log.txt`: it changed while it was read"
    );
}

#[test]
fn what_tasks_have_stored_is_removed_with_the_last_file() {
    let (_directory, path) = made_by(":", "other.txt");
    let file = secrets().run(|| store(path.clone())).unwrap();
    let copy = file.clone();
    drop(file);
    let stored = PathBuf::from(copy.uri());
    assert_eq!(copy.text().unwrap(), "nothing");
    let mut read = String::new();
    copy.open().unwrap().read_to_string(&mut read).unwrap();
    assert_eq!((&*read, copy.len().unwrap(), copy.name()), ("nothing", 7, "other.txt"));
    drop(copy);
    assert!(!stored.exists());
    // Nor is anything left of a file that was refused.
    let session = secrets().session();
    let (_directory, path) = made_by("mkdir d; mv secret.txt other.txt d", "d");
    let kept = session.run(|| store(format!("{path}/other.txt"))).unwrap();
    let error = session.run(|| store_directory(path.clone())).unwrap_err();
    assert!(
        error.to_string().starts_with("file `secret.txt` of task `store_directory` contains secret `token`"),
        "{error}"
    );
    let run = PathBuf::from(kept.uri()).parent().unwrap().parent().unwrap().to_owned();
    let left: Vec<_> = fs::read_dir(run).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    // The lock, and the one file.
    assert_eq!(left.len(), 2, "{left:?}");
}

#[test]
fn outside_a_task_a_file_is_where_it_is() {
    let (_directory, path) = made_by(":", "secret.txt");
    let file = File::from_path(&path).unwrap();
    assert_eq!(file.uri(), path);
    let error = file.download().unwrap_err();
    assert_eq!((error.kind(), error.hint()), (ErrorKind::NoTask, Some("outside a task, use `download_to`")));
    let directory = tempfile::tempdir().unwrap();
    file.download_to(directory.path().join("copy")).unwrap();
    assert!(fs::read(directory.path().join("copy")).unwrap() == fs::read(&path).unwrap());
    let error = file.download_to(directory.path().join("none/copy")).unwrap_err().to_string();
    assert!(
        error.starts_with("cannot copy the file `") && error.ends_with("No such file or directory"),
        "{error}"
    );
    assert!(File::from_path("/nonexistent/x").unwrap_err().to_string().contains("No such file or directory"));
}

#[test]
fn a_name_or_a_path_that_cannot_be_stored_has_one_reason() {
    for (name, reason) in [
        ("", "it is empty"),
        (".", "it is a directory"),
        ("..", "it is a directory"),
        ("a/b", "it contains `/`"),
    ] {
        let error = File::from_bytes(name, "x").unwrap_err();
        assert_eq!(error.to_string(), format!("`{name}` is not the name of a file: {reason}"));
    }
    for (path, reason) in [
        ("", "No such file or directory"),
        ("/", "it is a directory: use `Dir`"),
        ("..", "it is a directory: use `Dir`"),
        ("s3://bucket/a", "No such file or directory"),
    ] {
        let error = secrets().run(|| store(path.to_owned())).unwrap_err();
        assert_eq!(error.to_string(), format!("cannot store the file `{path}`: {reason}"));
        let hint = path.starts_with("s3").then_some("refer to a URI with `File::new` or `Dir::new`");
        assert_eq!(error.hint(), hint);
    }
}

#[test]
fn a_file_that_is_no_text_is_read_as_bytes() {
    let file = File::from_bytes("a.bin", [0xff]).unwrap();
    let error = file.text().unwrap_err();
    assert!(error.to_string().ends_with("a.bin`: it is not UTF-8 text"), "{error}");
    assert_eq!(error.hint(), Some("read it with `bytes()`"));
    assert_eq!(file.bytes().unwrap(), [0xff]);
}

#[test]
fn the_hash_of_content_is_that_of_sha256sum() {
    let (directory, _) = made_by("mkdir sub; printf nothing >sub/a.txt; : >empty", "");
    let sum = |command: &str| {
        let output = Command::new("sh").arg("-ec").arg(command).current_dir(&directory).output().unwrap();
        String::from_utf8(output.stdout).unwrap().split(' ').next().unwrap().to_owned()
    };
    for name in ["secret.txt", "empty"] {
        let file = File::from_path(directory.path().join(name)).unwrap().with_content_hash().unwrap();
        assert_eq!(file.hash(), Some(&*sum(&format!("sha256sum {name}"))));
    }
    let tree = Dir::from_path(&directory).unwrap().with_content_hash().unwrap();
    let sorted = "find . -type f -printf '%P\\n' | LC_ALL=C sort | xargs sha256sum | sha256sum";
    assert_eq!(tree.hash(), Some(&*sum(sorted)));
    let missing = File::new("/nonexistent/x").with_content_hash().unwrap_err();
    assert_eq!(missing.kind(), ErrorKind::Io);
}

#[test]
fn names_that_leave_a_directory_are_refused() {
    for name in ["", ".", "..", "a/b", "a\nb", "a\0b"] {
        assert_eq!(File::create(name).unwrap_err().kind(), ErrorKind::Io, "{name:?}");
    }
    let directory = Dir::new("/tmp");
    for path in ["", "..", "a/../b", "/etc/passwd", "a//b", "a/.", "a\nb"] {
        assert_eq!(directory.file(path).unwrap_err().kind(), ErrorKind::Io, "{path:?}");
    }
    assert_eq!(directory.file("a b/c").unwrap().uri(), "/tmp/a b/c");
}
