//! Files of pods whose raw data path is in an S3 server.

use std::{
    fs,
    io::{Read as _, Write as _},
    net::{Shutdown, TcpListener, TcpStream},
    path::Path,
    process::Child,
    sync::atomic::{AtomicUsize, Ordering},
    thread,
    time::Duration,
};

use sealkit::{Dir, File, Reference, TaskType, Type, Value, literal};
use sealkit_idl::{
    core::{ErrorDocument, Literal, LiteralCollection, LiteralValue, OffloadedLiteral},
    prost::Message,
    task::{Inputs, NamedLiteral, Outputs},
};
use support::{Bucket, Finished, Program, Python, runs::until};

const SECRET: &str = "Zx81-Spectrum-48K";
const MIB: usize = 1 << 20;

/// A bucket, and the pods of one run in it.
struct Run {
    bucket: Bucket,
    /// The address of the store for the pods.
    endpoint: Option<String>,
}

impl Run {
    fn new() -> Self {
        Self { bucket: Bucket::new(&Python::from_environment()).unwrap(), endpoint: None }
    }

    /// Returns a pod of `task`, ready to run.
    fn pod(&self, task: &str, inputs: &[(&str, Type, Value)]) -> Program {
        let literal = |(name, r#type, value): &(&str, Type, Value)| NamedLiteral {
            name: (*name).to_owned(),
            value: Some(literal::to_literal(*r#type, value).unwrap()),
        };
        let inputs = Inputs::from(inputs.iter().map(literal).collect::<Vec<_>>());
        self.bucket.put(&format!("run/{task}/inputs.pb"), &inputs.encode_to_vec()).unwrap();
        let place = format!("s3://flyte/run/{task}");
        let program = Program::new(env!("CARGO_BIN_EXE_file_tasks"))
            .args(&format!("execute --task {task} --inputs {place}/inputs.pb --outputs-path {place}/out"))
            .args(&format!("--raw-data-path {place}/raw%20data --run-name r1 --name a0"))
            .env("FLYTE_INTERNAL_EXECUTION_ID", "r1")
            .env("_UNION_MY_SECRET", SECRET)
            .env("_UNION_OTHER", "k3Jq-71xT/w")
            .env("FLYTE_STORAGE_BACKOFF_SECONDS", "0.05");
        let program = self.bucket.configure(program);
        match &self.endpoint {
            Some(endpoint) => program.env("FLYTE_AWS_ENDPOINT", endpoint),
            None => program,
        }
    }

    fn run(&self, task: &str, inputs: &[(&str, Type, Value)]) -> Result<Value, String> {
        let finished = self.pod(task, inputs).run().unwrap();
        self.outcome(task, &finished)
    }

    fn outcome(&self, task: &str, finished: &Finished) -> Result<Value, String> {
        assert_eq!(finished.code, Some(0), "{finished}");
        assert!(!finished.to_string().contains(SECRET), "{finished}");
        if let Some(bytes) = self.bucket.get(&format!("run/{task}/out/error.pb")).unwrap() {
            return Err(ErrorDocument::decode(&*bytes).unwrap().error.unwrap().message);
        }
        let bytes = self.bucket.get(&format!("run/{task}/out/outputs.pb")).unwrap().expect("outputs");
        let output = Outputs::decode(&*bytes).unwrap().literals.remove(0);
        Ok(literal::from_literal(output.value.unwrap()).unwrap())
    }

    /// Returns the keys of the raw data of a task, and of uploads that are not complete.
    fn raw_data(&self, task: &str) -> Vec<String> {
        let prefix = format!("run/{task}/raw data/");
        let all = self.bucket.list("run/").unwrap();
        let raw = all.into_iter().filter(|key| key.contains("raw data") || key.starts_with("incomplete"));
        raw.map(|key| key.replace(&prefix, "")).collect()
    }
}

fn text(text: &str) -> Value {
    Value::String(text.to_owned())
}

fn uri(value: &Value) -> &str {
    let Value::Reference(reference) = value else { panic!("not a file: {value:?}") };
    reference.uri()
}

/// Returns the path of a new file of `size` bytes that do not repeat.
fn large_file(directory: &Path, size: usize) -> String {
    let mut random = fastrand::Rng::with_seed(7);
    let bytes: Vec<u8> = std::iter::repeat_with(|| random.u8(..)).take(size).collect();
    let path = directory.join("large.bin");
    fs::write(&path, bytes).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
#[cfg_attr(not(has_python), ignore = "needs TEST_PYTHON")]
fn a_file_is_an_object_below_the_raw_data_path() {
    let run = Run::new();
    let written = run.run("write", &[("lines", Type::Integer, Value::Integer(3))]).unwrap();
    let [key] = &run.raw_data("write")[..] else { panic!("not one object") };
    let (random, name) = key.split_once('/').unwrap();
    assert!(
        random.len() == 32 && random.chars().all(|c| c.is_ascii_hexdigit()) && name == "rows.csv",
        "{key}"
    );
    // The URI has the encoding of the path that Flyte passes.
    assert_eq!(uri(&written), format!("s3://flyte/run/write/raw%20data/{key}"));
    assert_eq!(run.bucket.get(&format!("run/write/raw data/{key}")).unwrap().unwrap(), b"0\n1\n2\n");
    assert_eq!(run.run("sum", &[("rows", File::<sealkit::AnyFormat>::TYPE, written)]), Ok(Value::Integer(3)));
}

#[test]
#[cfg_attr(not(has_python), ignore = "needs TEST_PYTHON")]
fn large_files_are_sent_and_received_in_parts() {
    let (run, directory) = (Run::new(), tempfile::tempdir().unwrap());
    for size in [8 * MIB - 1, 8 * MIB, 8 * MIB + 1, 33 * MIB, 0] {
        let path = large_file(directory.path(), size);
        // The task compares what it reads in two ways.
        let copy = run.run("copy", &[("path", Type::String, text(&path))]).unwrap();
        let key = uri(&copy).replace("s3://flyte/", "").replace("%20", " ");
        let stored = run.bucket.get(&key).unwrap().unwrap();
        assert!(stored == fs::read(&path).unwrap(), "{size}");
        assert_eq!(
            run.run("length", &[("file", Type::File(""), copy)]),
            Ok(Value::Integer(i64::try_from(size).unwrap()))
        );
    }
}

#[test]
#[cfg_attr(not(has_python), ignore = "needs TEST_PYTHON")]
fn keys_have_all_characters_that_stores_allow() {
    let run = Run::new();
    let ascii = (b' '..=b'~').map(char::from).filter(|c| *c != '/');
    let mut names: Vec<String> = ascii.map(|c| format!("a{c}b.txt")).collect();
    names.extend(
        ["my%20base.txt", "%2F", "%25", "100%", "ü/日本 語.txt", "a b/c d/e f", "~", "x.", "..x"]
            .map(str::to_owned),
    );
    names.sort();
    let list = Value::List(names.iter().map(|name| text(name)).collect());
    let tree = run.run("tree", &[("paths", Type::List(&Type::String), list.clone())]).unwrap();
    // Each key is the name as it is.
    let mut keys: Vec<String> =
        run.raw_data("tree").iter().map(|key| key.splitn(3, '/').nth(2).unwrap().to_owned()).collect();
    keys.sort();
    assert_eq!(keys, names);
    assert_eq!(run.run("list", &[("tree", Dir::<sealkit::AnyFormat>::TYPE, tree)]), Ok(list));
    // A URI that Flyte's backend has encoded is the same file.
    run.bucket.put("my base/a+b.csv", b"1\n2\n").unwrap();
    for uri in
        ["s3://flyte/my%20base/a+b.csv", "s3://flyte/my base/a+b.csv", "s3://flyte/my%20base/a%2Bb.csv"]
    {
        let file = Value::Reference(Reference::new(uri));
        assert_eq!(run.run("sum", &[("rows", Type::File(""), file)]), Ok(Value::Integer(3)));
    }
}

#[test]
#[cfg_attr(not(has_python), ignore = "needs TEST_PYTHON")]
fn a_file_with_a_secret_never_becomes_an_object() {
    let mut run = Run::new();
    run.endpoint = Some(proxy(&run.bucket.endpoint, Fault::SlowToDelete));
    for way in ["path", "bytes", "large", "name"] {
        let inputs = [("way", Type::String, text(way)), ("secret", Type::String, text(SECRET))];
        let error = run.run("leak", &inputs).unwrap_err();
        assert!(error.contains("contains secret `my_secret`") && !error.contains(SECRET), "{error}");
        assert_eq!(run.raw_data("leak"), Vec::<String>::new(), "{way}");
    }
    assert!(run.run("leak_in_directory", &[]).unwrap_err().contains("file `sub/config.txt` of task"));
    assert_eq!(run.raw_data("leak_in_directory"), Vec::<String>::new());
    assert!(
        uri(&run.run("allowed", &[("from_path", Type::Boolean, Value::Boolean(true))]).unwrap())
            .ends_with("/config.txt")
    );
}

#[test]
#[cfg_attr(not(has_python), ignore = "needs TEST_PYTHON")]
fn a_missing_object_is_an_error() {
    let run = Run::new();
    let missing = Value::Reference(Reference::new("s3://flyte/none.csv"));
    let error = run.run("sum", &[("rows", Type::File(""), missing.clone())]).unwrap_err();
    assert_eq!(error, "task `sum` failed: object not found");
    let error = run.run("length", &[("file", Type::File(""), missing)]).unwrap_err();
    assert_eq!(error, "task `length` failed: cannot read the file `s3://flyte/none.csv`: object not found");
}

/// What a proxy does with the connections to the store.
#[derive(Clone, Copy)]
enum Fault {
    /// Every second connection is closed after this many bytes of the response.
    CutAfter(usize),
    /// Every second request is answered with 503.
    Unavailable,
    /// What is to be deleted is deleted later.
    SlowToDelete,
}

/// Forwards a request, and up to `limit` bytes of the response.
fn forward(mut client: &TcpStream, server: &TcpStream, limit: u64) {
    thread::scope(|threads| {
        threads.spawn(move || {
            let _ = std::io::copy(&mut { client }, &mut { server });
            let _ = server.shutdown(Shutdown::Write);
        });
        let _ = std::io::copy(&mut server.take(limit), &mut client);
        let _ = client.shutdown(Shutdown::Both);
    });
}

/// Starts a proxy in front of a store, and returns its address.
fn proxy(endpoint: &str, fault: Fault) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (address, store) =
        (listener.local_addr().unwrap(), endpoint.trim_start_matches("http://").to_owned());
    thread::spawn(move || {
        let count = AtomicUsize::new(0);
        for client in listener.incoming() {
            let mut client = client.unwrap();
            let is_faulty = count.fetch_add(1, Ordering::Relaxed) % 2 == 1;
            if is_faulty && matches!(fault, Fault::Unavailable) {
                thread::spawn(move || {
                    let mut request = [0; 8192];
                    let _ = client.read(&mut request);
                    let _ = client.write_all(
                        b"HTTP/1.1 503 Slow Down\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
                    );
                    // The client may still send its body.
                    client.set_read_timeout(Some(Duration::from_secs(1))).unwrap();
                    while client.read(&mut request).is_ok_and(|count| count > 0) {}
                });
                continue;
            }
            let store = store.clone();
            thread::spawn(move || {
                let mut method = [0; 6];
                if matches!(fault, Fault::SlowToDelete)
                    && client.peek(&mut method).is_ok()
                    && method == *b"DELETE"
                {
                    thread::sleep(Duration::from_millis(500));
                }
                let limit = match fault {
                    Fault::CutAfter(bytes) if is_faulty => bytes as u64,
                    _ => u64::MAX,
                };
                forward(&client, &TcpStream::connect(&store).unwrap(), limit);
            });
        }
    });
    format!("http://{address}")
}

#[test]
#[cfg_attr(not(has_python), ignore = "needs TEST_PYTHON")]
fn a_store_that_fails_now_and_then_is_asked_again() {
    let directory = tempfile::tempdir().unwrap();
    for fault in [Fault::Unavailable, Fault::CutAfter(100_000)] {
        let mut run = Run::new();
        run.endpoint = Some(proxy(&run.bucket.endpoint, fault));
        let path = large_file(directory.path(), 20 * MIB);
        let copy = run.run("copy", &[("path", Type::String, text(&path))]).unwrap();
        let key = uri(&copy).replace("s3://flyte/", "").replace("%20", " ");
        assert!(run.bucket.get(&key).unwrap().unwrap() == fs::read(&path).unwrap());
        assert_eq!(run.raw_data("copy").len(), 1);
    }
}

#[test]
#[cfg_attr(not(has_python), ignore = "needs TEST_PYTHON")]
fn an_object_that_changes_while_it_is_read_is_an_error() {
    let (run, directory) = (Run::new(), tempfile::tempdir().unwrap());
    let begun = directory.path().join("begun");
    // More than is received in advance.
    run.bucket.put("large.bin", &vec![b'x'; 56 * MIB]).unwrap();
    let file = Value::Reference(Reference::new("s3://flyte/large.bin"));
    let path = text(begun.to_str().unwrap());
    let pod = run.pod("read_in_two", &[("file", Type::File(""), file), ("begun", Type::String, path)]);
    let error = thread::scope(|threads| {
        let finished = threads.spawn(|| pod.run().unwrap());
        until("the first byte was read", || begun.exists());
        run.bucket.put("large.bin", &vec![b'y'; 56 * MIB]).unwrap();
        fs::remove_file(&begun).unwrap();
        run.outcome("read_in_two", &finished.join().unwrap()).unwrap_err()
    });
    assert_eq!(error, "task `read_in_two` failed: the object changed while it was read");
}

#[test]
#[cfg_attr(not(has_python), ignore = "needs TEST_PYTHON")]
fn a_pod_that_is_killed_leaves_no_object() {
    let (run, directory) = (Run::new(), tempfile::tempdir().unwrap());
    let path = large_file(directory.path(), 200 * MIB);
    let mut pod: Child = run.pod("copy", &[("path", Type::String, text(&path))]).spawn().unwrap();
    until("the upload has started", || !run.raw_data("copy").is_empty());
    pod.kill().unwrap();
    pod.wait().unwrap();
    // Parts that were sent are no object; stores remove them by a rule of the bucket.
    assert!(
        run.raw_data("copy").iter().all(|key| key.starts_with("incomplete ")),
        "{:?}",
        run.raw_data("copy")
    );
}

#[test]
#[cfg_attr(not(has_python), ignore = "needs TEST_PYTHON")]
fn inputs_that_are_objects_are_read() {
    let run = Run::new();
    let offloaded = |uri: &str| Literal {
        value: Some(LiteralValue::Offloaded(OffloadedLiteral { uri: uri.to_owned(), size_bytes: 4 })),
        ..Literal::default()
    };
    let names = ["a.txt", "b/c.txt"].map(text).to_vec();
    // A list of which one element is an object, in an object.
    let name = literal::to_literal(Type::String, &names[1]).unwrap();
    run.bucket.put("name.pb", &name.encode_to_vec()).unwrap();
    let first = literal::to_literal(Type::String, &names[0]).unwrap();
    let list = LiteralCollection { literals: vec![first, offloaded("s3://flyte/name.pb")] };
    let list = Literal { value: Some(LiteralValue::Collection(list)), ..Literal::default() };
    run.bucket.put("list.pb", &list.encode_to_vec()).unwrap();
    let outcome = |uri: &str| {
        let pod = run.pod("tree", &[]);
        let input = NamedLiteral { name: "paths".to_owned(), value: Some(offloaded(uri)) };
        run.bucket.put("run/tree/inputs.pb", &Inputs::from(vec![input]).encode_to_vec()).unwrap();
        run.outcome("tree", &pod.run().unwrap())
    };
    let tree = outcome("s3://flyte/list.pb").unwrap();
    assert_eq!(run.run("list", &[("tree", Type::Dir(""), tree)]), Ok(Value::List(names)));
    assert_eq!(
        outcome("s3://flyte/none.pb").unwrap_err(),
        "cannot read the input `paths` from `s3://flyte/none.pb`: object not found (`NoSuchKey`)"
    );
    // An object that refers to itself.
    run.bucket.put("loop.pb", &offloaded("s3://flyte/loop.pb").encode_to_vec()).unwrap();
    assert!(outcome("s3://flyte/loop.pb").unwrap_err().contains("it refers to too many others"));
}
