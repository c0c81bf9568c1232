//! Results with files are cached with the content of the files.

use std::fs;

use support::runs::SECRET;

use crate::cached::Counted;

#[test]
fn a_file_is_compared_by_its_content() {
    let counted = Counted::new();
    let (a, b) = (counted.path("a"), counted.path("b"));
    fs::write(&a, "same").unwrap();
    fs::write(&b, "same").unwrap();
    let run = |path: &str| counted.run("", &format!("counted_file --data {path}")).stdout;
    assert_eq!((run(&a), counted.count()), ("4\n".to_owned(), 1));
    assert_eq!((run(&b), counted.count()), ("4\n".to_owned(), 0));
    fs::write(&a, "other").unwrap();
    assert_eq!((run(&a), counted.count()), ("5\n".to_owned(), 1));
}

#[test]
fn a_file_that_changes_during_the_call_is_not_cached() {
    let counted = Counted::new();
    let log = counted.path("log");
    for _ in 0..2 {
        fs::write(&log, "").unwrap();
        let finished = counted.run("", &format!("counted_file --data {log}"));
        assert_eq!((finished.code, counted.count()), (Some(0), 1), "{finished}");
        assert!(finished.stderr.contains("a file among its inputs has changed meanwhile"), "{finished}");
    }
}

#[test]
fn files_are_cached_with_their_content() {
    let counted = Counted::new();
    let run = || counted.run("", "reads_counted_files --text abc");
    for expected in [1, 0, 0] {
        let finished = run();
        assert_eq!((&*finished.stdout, counted.count()), ("\"ABC ABC abc abc\"\n", expected), "{finished}");
    }
    let outputs = counted.path("outputs");
    let finished = counted.run(&format!("--outputs {outputs}"), "counted_files --text abc");
    assert_eq!((finished.code, counted.count()), (Some(0), 0), "{finished}");
    assert_eq!(fs::read_to_string(format!("{outputs}/x.txt")).unwrap(), "ABC");
    assert_eq!(fs::read_to_string(format!("{outputs}/y\"y.txt")).unwrap(), "abc");
    assert_eq!(fs::read_to_string(format!("{outputs}/a/b/c.txt")).unwrap(), "abc");

    // A damaged or missing copy is a miss, and a new result removes the old copies.
    let results = counted.runs.home.path().join(".cache/sealkit/results/results/counted_files");
    let copies = || {
        let entries = fs::read_dir(&results).unwrap().map(|entry| entry.unwrap().path());
        entries.filter(|path| path.is_dir()).collect::<Vec<_>>()
    };
    fs::write(copies()[0].join("0/x.txt"), "ABD").unwrap();
    assert_eq!((&*run().stdout, counted.count()), ("\"ABC ABC abc abc\"\n", 1));
    assert_eq!(copies().len(), 1);
    fs::remove_dir_all(&copies()[0]).unwrap();
    assert_eq!((&*run().stdout, counted.count()), ("\"ABC ABC abc abc\"\n", 1));
    assert_eq!((&*run().stdout, counted.count()), ("\"ABC ABC abc abc\"\n", 0));
    let deleted = counted.runs.home.sealkit("delete cache").run().unwrap();
    assert_eq!(&*deleted.stderr, "Deleted 1 cached result\n");
    assert_eq!(copies().len(), 0);
}

#[test]
fn a_file_that_is_passed_on_is_cached_with_its_content() {
    let counted = Counted::new();
    let [one, two] = ["one", "two"].map(|name| counted.path(name));
    let run = |path: &str| counted.run("", &format!("reads_same --data {path}"));
    for path in [&one, &two] {
        fs::write(path, "A").unwrap();
    }
    assert_eq!(run(&one).stdout, "1\n");
    fs::write(&one, "BB").unwrap();
    // The content is that of an earlier call, in a file that has other content now.
    assert_eq!(run(&two).stdout, "1\n");
    fs::remove_file(&one).unwrap();
    assert_eq!(run(&two).stdout, "1\n");
    // Once for each of the two cached tasks.
    assert_eq!(counted.count(), 2);

    // The cache is not encrypted.
    fs::write(&one, format!("token {SECRET}")).unwrap();
    let finished = run(&one);
    assert!(
        finished.stderr.contains("`counted_same` is not cached: its output contains a secret"),
        "{finished}"
    );
    counted.assert_no_secret_in_cache();
}

#[test]
fn a_directory_that_is_passed_on_is_cached_unless_it_contains_the_cache() {
    let counted = Counted::new();
    let (tree, link, out) = (counted.path("tree"), counted.path("link"), counted.path("out"));
    fs::create_dir(&tree).unwrap();
    fs::write(format!("{tree}/a.txt"), "A").unwrap();
    std::os::unix::fs::symlink(&tree, &link).unwrap();
    for (path, count) in [(&tree, 1), (&link, 0), (&link, 0)] {
        let finished = counted.run(&format!("--outputs {out}"), &format!("counted_tree --data {path}"));
        assert_eq!((finished.code, counted.count()), (Some(0), count), "{finished}");
    }
    assert_eq!(fs::read_to_string(format!("{out}/tree/a.txt")).unwrap(), "A");
    let home = counted.runs.home.path().display();
    let finished = counted.run("", &format!("counted_tree --data {home}"));
    assert!(
        finished.stderr.contains(&format!("cannot store the result in `{home}/.cache/sealkit/results`: ")),
        "{finished}"
    );
    assert!(finished.stderr.contains(" contains the cache"), "{finished}");
}
