use std::{collections::BTreeMap, fs};

use sealkit_idl::{
    core::{Literal, LiteralValue, Primitive, PrimitiveValue, Scalar, ScalarValue},
    task::{Inputs, NamedLiteral, Outputs},
};
use sealkit_protocol::{Task, description::Cache};

use super::*;

fn task() -> Task {
    let json = r#"{"name": "t", "module": "m", "kind": "task", "secret_requests": [], "interface":
        {"inputs": [{"name": "a", "type": "integer"}, {"name": "b", "type": "integer"}], "outputs": []}}"#;
    serde_json::from_str(json).unwrap()
}

fn inputs(values: &[(&str, i64)]) -> Inputs {
    let literal = |(name, value): &(&str, i64)| {
        let primitive = Primitive { value: Some(PrimitiveValue::Integer(*value)) };
        let scalar = Scalar { value: Some(ScalarValue::Primitive(primitive)) };
        let value = Literal { value: Some(LiteralValue::Scalar(Box::new(scalar))), ..Literal::default() };
        NamedLiteral { name: (*name).to_owned(), value: Some(value) }
    };
    values.iter().map(literal).collect::<Vec<_>>().into()
}

fn key(task: &Task, cache: &Cache, inputs: &Inputs, secrets: &[(&str, &str)]) -> Key {
    let secrets =
        secrets.iter().map(|(name, revision)| ((*name).to_owned(), (*revision).to_owned())).collect();
    // A program that exists, for `auto`.
    let program = ProgramDigest::new(Path::new("/bin/sh"));
    let context =
        KeyContext { program: &program, scope: [None, None], environment: BTreeMap::new(), secrets };
    Key::new(task, cache, inputs, &context).unwrap().0
}

fn success(json: &str) -> Success {
    Success { outputs: Outputs::default(), json: json.to_owned() }
}

fn put(cache: &ResultCache, task: &str, key: &Key, json: &str) {
    cache.put(task, key, &success(json), |_| io::Result::Ok(())).unwrap();
}

#[test]
fn a_key_depends_on_the_version_the_inputs_and_the_revisions_of_secrets() {
    let cache = Cache { version: Some("v1".to_owned()), ..Cache::default() };
    let base = key(&task(), &cache, &inputs(&[("a", 1), ("b", 2)]), &[("s", "1")]);
    assert_eq!(base, key(&task(), &cache, &inputs(&[("b", 2), ("a", 1)]), &[("s", "1")]));
    let other_version = Cache { version: Some("v2".to_owned()), ..Cache::default() };
    let [auto, salted] = ["", "pepper"].map(|salt| Cache { salt: salt.to_owned(), ..Cache::default() });
    let other_task = Task { name: "u".to_owned(), ..task() };
    let all = [
        base,
        key(&task(), &other_version, &inputs(&[("a", 1), ("b", 2)]), &[("s", "1")]),
        key(&other_task, &cache, &inputs(&[("a", 1), ("b", 2)]), &[("s", "1")]),
        key(&task(), &cache, &inputs(&[("a", 2), ("b", 1)]), &[("s", "1")]),
        key(&task(), &cache, &inputs(&[("a", 1)]), &[("s", "1")]),
        key(&task(), &cache, &inputs(&[("a", 1), ("b", 2)]), &[("s", "2")]),
        key(&task(), &cache, &inputs(&[("a", 1), ("b", 2)]), &[("s1", "")]),
        key(&task(), &cache, &inputs(&[("a", 1), ("b", 2)]), &[]),
        key(&task(), &auto, &inputs(&[("a", 1), ("b", 2)]), &[("s", "1")]),
        key(&task(), &salted, &inputs(&[("a", 1), ("b", 2)]), &[("s", "1")]),
    ];
    for (index, key) in all.iter().enumerate() {
        assert!(!all[..index].contains(key), "{index}");
    }
    let ignoring = Cache { ignored_inputs: vec!["b".to_owned()], ..cache };
    let ignored = |b: i64| key(&task(), &ignoring, &inputs(&[("a", 1), ("b", b)]), &[]);
    assert_eq!(ignored(2), ignored(3));
}

#[test]
fn damaged_entries_and_those_of_other_keys_are_misses() {
    let directory = tempfile::tempdir().unwrap();
    let cache = ResultCache::new(directory.path().to_owned(), true);
    let version = Cache { version: Some("v1".to_owned()), ..Cache::default() };
    let [one, two] = [1, 2].map(|a| key(&task(), &version, &inputs(&[("a", a)]), &[]));
    assert_eq!(cache.get("t", &one, None, None), None);
    put(&cache, "t", &one, "one");
    assert_eq!(cache.get("t", &one, None, None), Some(success("one")));
    // Old entries are deleted.
    assert_eq!(cache.get("t", &one, Some(Duration::ZERO), None), None);
    assert!(!cache.path("t", &one).exists());
    put(&cache, "t", &one, "one");
    assert!(ResultCache::new(directory.path().to_owned(), false).get("t", &one, None, None).is_none());

    // The entry of another key.
    fs::copy(cache.path("t", &one), cache.path("t", &two)).unwrap();
    assert_eq!(cache.get("t", &two, None, None), None);
    assert!(!cache.path("t", &two).exists());

    // A pipe in its place, which nobody writes to.
    fs::remove_file(cache.path("t", &one)).unwrap();
    rustix::fs::mkfifoat(rustix::fs::CWD, cache.path("t", &one), 0o600.into()).unwrap();
    assert_eq!(cache.get("t", &one, None, None), None);
    put(&cache, "t", &one, "one");

    let whole = fs::read(cache.path("t", &one)).unwrap();
    for length in 0..whole.len() {
        fs::write(cache.path("t", &one), &whole[..length]).unwrap();
        assert_eq!(cache.get("t", &one, None, None), None, "{length}");
    }
    for index in 0..whole.len() {
        let mut damaged = whole.clone();
        damaged[index] ^= 1;
        fs::write(cache.path("t", &one), &damaged).unwrap();
        assert_eq!(cache.get("t", &one, None, None), None, "{index}");
    }
    put(&cache, "t", &one, "again");
    assert_eq!(cache.get("t", &one, None, None), Some(success("again")));
    assert_eq!(cache.delete(Some("other")).unwrap(), 0);
    assert_eq!(cache.delete(Some("t")).unwrap(), 1);
    assert_eq!(cache.get("t", &one, None, None), None);
}

#[test]
fn old_results_and_temporary_files_of_killed_processes_are_removed() {
    let directory = tempfile::tempdir().unwrap();
    let cache = ResultCache::new(directory.path().to_owned(), true);
    let version = Cache { version: Some("v1".to_owned()), ..Cache::default() };
    let key = key(&task(), &version, &inputs(&[]), &[]);
    put(&cache, "t", &key, "");
    let temporary = directory.path().join("tmp");
    let [old, new] = ["old", "new"].map(|name| temporary.join(name));
    for path in [&old, &new] {
        fs::write(path, "").unwrap();
    }
    let two_hours_ago = SystemTime::now() - Duration::from_secs(7200);
    File::options().write(true).open(&old).unwrap().set_modified(two_hours_ago).unwrap();
    // Once for each run.
    put(&cache, "t", &key, "");
    assert!(old.exists());
    let cache = ResultCache::new(directory.path().to_owned(), true);
    let result = cache.path("t", &key);
    let a_year_ago = SystemTime::now() - Duration::from_secs(365 * 24 * 3600);
    File::options().write(true).open(&result).unwrap().set_modified(a_year_ago).unwrap();
    put(&cache, "u", &key, "");
    assert!(!old.exists() && new.exists() && !result.exists());
}

#[test]
fn a_lock_leaves_no_file() {
    let directory = tempfile::tempdir().unwrap();
    let cache = ResultCache::new(directory.path().to_owned(), true);
    let version = Cache { version: Some("v1".to_owned()), ..Cache::default() };
    let key = key(&task(), &version, &inputs(&[]), &[]);
    let count = std::sync::atomic::AtomicU32::new(0);
    thread::scope(|threads| {
        for _ in 0..8 {
            threads.spawn(|| {
                for _ in 0..3 {
                    let _lock = cache.lock(&key, || false).unwrap().unwrap();
                    let others = count.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
                    thread::sleep(Duration::from_millis(1));
                    count.fetch_sub(1, std::sync::atomic::Ordering::SeqCst);
                    assert_eq!(others, 0);
                }
            });
        }
    });
    assert_eq!(list(&directory.path().join("locks")).unwrap(), Vec::<PathBuf>::new());
}
