//! sealkit finds every secret that flytekit 1.16 finds, with the same bytes.
//!
//! Flytekit's `SecretsManager` and a probe get the same random requests, environments and files. `difference` explains
//! the intended differences.

use std::{fs, path::Path};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use support::{Program, Python, hex, unhex};

const CASES: usize = 2_500;

/// A request, and the environment in which it is made.
#[derive(Debug, Serialize)]
struct Case {
    key: String,
    group: Option<String>,
    group_version: Option<String>,
    /// Names, and values in hexadecimal.
    environment: Vec<(String, String)>,
    pod: bool,
    #[serde(skip)]
    directory: String,
}

#[derive(Debug, Deserialize)]
struct Theirs {
    text: Outcome,
    bytes: Outcome,
    file: Outcome,
    variable: Outcome,
}

#[derive(Debug, Deserialize)]
struct Outcome {
    ok: Option<String>,
    error: Option<String>,
}

/// White space of Python, of Rust, of both and of neither; text, bytes and all kinds of line breaks.
const PIECES: [&[u8]; 26] = [
    b" ",
    b"\t",
    b"\n",
    b"\r\n",
    b"\r",
    b"\x0b",
    b"\x0c",
    b"\x1c",
    b"\x1d",
    b"\x1e",
    b"\x1f",
    b"\x00",
    b"\x7f",
    "\u{85}".as_bytes(),
    "\u{a0}".as_bytes(),
    "\u{1680}".as_bytes(),
    "\u{2003}".as_bytes(),
    "\u{2028}".as_bytes(),
    "\u{3000}".as_bytes(),
    "\u{200b}".as_bytes(),
    "\u{feff}".as_bytes(),
    "é".as_bytes(),
    "🔑".as_bytes(),
    b"\xff",
    b"hunter2",
    b"=",
];

fn value(random: &mut fastrand::Rng) -> Vec<u8> {
    let pieces = match random.u8(0..10) {
        0 => 0,
        1 => return (0..random.usize(1..64)).map(|_| random.u8(..)).collect(),
        _ => random.usize(1..7),
    };
    // Mostly text, because all values that are not text have the same error.
    let some = |random: &mut fastrand::Rng| loop {
        let piece = PIECES[random.usize(..PIECES.len())];
        if piece != b"\xff" || random.u8(0..8) == 0 {
            return piece;
        }
    };
    (0..pieces).flat_map(|_| some(random)).copied().collect()
}

fn name(random: &mut fastrand::Rng) -> String {
    ["k", "my_key", "My-Key", "UPPER", "a-b_c", "0", "-x-", "group", "v1"][random.usize(..9)].to_owned()
}

fn case(random: &mut fastrand::Rng, directory: &Path) -> Case {
    let mut maybe = |of: u8| (random.u8(..of) == 0).then(|| name(random));
    let (group, group_version) = (maybe(2), maybe(3));
    let key = name(random);
    let directory = directory.to_str().unwrap().to_owned();

    let mut environment: Vec<(String, Vec<u8>)> = Vec::new();
    let mut setting = |random: &mut fastrand::Rng, name: &str, values: &[&str]| {
        let value = values[random.usize(..values.len())];
        if value != "unset" {
            environment.push((name.to_owned(), value.as_bytes().to_vec()));
        }
        if value == "unset" { String::new() } else { value.trim().to_owned() }
    };
    let prefix = setting(
        random,
        "FLYTE_SECRETS_ENV_PREFIX",
        &["unset", "", "_UNION_", " P_ ", "p_", "\u{a0}Q\u{1f}", " "],
    );
    let prefix =
        if prefix.is_empty() { "_FSEC_".to_owned() } else { prefix.trim_end_matches('\u{1f}').to_owned() };
    let file_prefix = setting(random, "FLYTE_SECRETS_FILE_PREFIX", &["unset", "", "f-", "F_", " . "]);
    environment.push(("FLYTE_SECRETS_DEFAULT_DIR".to_owned(), directory.clone().into_bytes()));

    // The places that both read, and similar ones.
    let (group_part, version_part) = (group.as_deref(), group_version.as_deref());
    let variants = [
        present([group_part, version_part, Some(&key)]),
        present([group_part, None, Some(&key)]),
        vec![&key],
        vec!["other"],
    ];
    for parts in &variants {
        for prefix in [prefix.as_str(), "", "_FSEC_"] {
            if random.u8(0..5) == 0 {
                let name = format!("{prefix}{}", parts.join("_").to_uppercase());
                environment.retain(|(known, _)| *known != name);
                environment.push((name, value(random).into_iter().filter(|byte| *byte != 0).collect()));
            }
        }
        let (last, directories) = parts.split_last().unwrap();
        let prefixed = format!("{file_prefix}{last}");
        let lower = [directories, &[prefixed.as_str()]].concat().join("/").to_lowercase();
        for path in [lower, parts.join("/")] {
            let path = Path::new(&directory).join(path);
            if random.u8(0..3) == 0 && fs::create_dir_all(path.parent().unwrap()).is_ok() && !path.is_dir() {
                fs::write(path, value(random)).unwrap();
            }
        }
    }
    let pod = random.u8(0..4) == 0;
    let environment = environment.into_iter().map(|(name, value)| (name, hex(&value))).collect();
    Case { key, group, group_version, environment, pod, directory }
}

fn present(parts: [Option<&str>; 3]) -> Vec<&str> {
    parts.into_iter().flatten().collect()
}

fn ours(case: &Case) -> Value {
    let mut program = Program::new(env!("CARGO_BIN_EXE_probe"));
    for (name, value) in &case.environment {
        program = program.env(name, os_string(&unhex(value).unwrap()));
    }
    if case.pod {
        program = program.env("FLYTE_INTERNAL_EXECUTION_ID", "f3a9");
    }
    let request = json!({ "key": case.key, "group": case.group, "group_version": case.group_version });
    let finished = program.input(request.to_string()).run().unwrap();
    assert_eq!(finished.code, Some(0), "{finished}");
    serde_json::from_str(&finished.stdout).unwrap()
}

fn os_string(bytes: &[u8]) -> &std::ffi::OsStr {
    std::os::unix::ffi::OsStrExt::from_bytes(bytes)
}

/// Returns an unintended difference between the results, if there is one.
fn difference(case: &Case, theirs: &Theirs, ours: &Value) -> Option<String> {
    let differs = |what: &str| Some(what.to_owned());
    let text = ours["text"]["ok"].as_str();
    match (&theirs.text.ok, theirs.text.error.as_deref()) {
        // flytekit returns invalid UTF-8 as lone surrogates, which are not text. Intended difference.
        (Some(hex), _)
            if std::str::from_utf8(&unhex(hex).unwrap()).is_err() && ours["text"]["error"] == "not_text" => {}
        (Some(hex), _) if text != Some(hex.as_str()) => return differs("text"),
        // Python raises an error for such a file, too.
        (None, Some("UnicodeDecodeError")) if ours["text"]["error"] != "not_text" => {
            return differs("no text");
        }
        // sealkit also reads places of injectors that flytekit does not read.
        (None, Some("ValueError")) if text.is_none() => {
            let error = ours["text"]["error"].as_str();
            if !matches!(error, Some("not_found" | "not_text")) {
                return differs("a missing secret");
            }
        }
        _ => {}
    }
    // flytekit strips bytes, too. `get_bytes` returns them unchanged. Intended difference.
    if let (Some(theirs), Some(ours)) = (&theirs.bytes.ok, ours["bytes"]["ok"].as_str()) {
        if !is_stripped(&unhex(theirs).unwrap(), &unhex(ours).unwrap()) {
            return differs("bytes");
        }
    } else if theirs.bytes.ok.is_some() {
        return differs("bytes that are not found");
    }
    // flytekit guesses the path and the name. If the guess is right, sealkit returns the same.
    if let Some(path) = theirs.file.ok.as_ref().filter(|path| Path::new(path).is_file())
        && ours["file"]["ok"][0] != hex(path.as_bytes())
    {
        return differs("path");
    }
    let set = |name: &String| case.environment.iter().any(|(known, _)| known == name);
    if let Some(name) = theirs.variable.ok.as_ref().filter(|name| set(name))
        && ours["variable"]["ok"] != **name
    {
        // A pod removes secrets from its environment, so there is no variable to name. Intended difference.
        let (error, value) = (&ours["variable"]["error"], &ours["bytes"]["ok"]);
        if !case.pod || error != "not_found" || !value.is_string() {
            return differs("variable");
        }
    }
    None
}

/// Returns whether `stripped` is `whole` without white space at its ends.
fn is_stripped(stripped: &[u8], whole: &[u8]) -> bool {
    let blank = |bytes| std::str::from_utf8(bytes).is_ok_and(|text| text.chars().all(is_python_space));
    let rest = whole.len().checked_sub(stripped.len());
    rest.is_some_and(|rest| {
        (0..=rest).any(|start| {
            let (before, from) = whole.split_at(start);
            from.strip_prefix(stripped).is_some_and(|after| blank(before) && blank(after))
        })
    })
}

/// Follows Python's documentation of `str.isspace`, independently of the crate.
fn is_python_space(c: char) -> bool {
    matches!(c, '\t'..='\r' | '\u{1c}'..='\u{20}' | '\u{85}' | '\u{a0}' | '\u{1680}' | '\u{2000}'..='\u{200a}'
        | '\u{2028}' | '\u{2029}' | '\u{202f}' | '\u{205f}' | '\u{3000}')
}

#[test]
#[cfg_attr(not(has_python), ignore = "needs TEST_PYTHON")]
fn every_secret_that_flytekit_finds_is_found_with_the_same_bytes() {
    let python = Python::from_environment();
    let mut random = fastrand::Rng::with_seed(20_261_123);
    let root = tempfile::tempdir().unwrap();
    let cases: Vec<Case> = (0..CASES)
        .map(|i| {
            let directory = root.path().join(i.to_string());
            fs::create_dir(&directory).unwrap();
            case(&mut random, &directory)
        })
        .collect();
    let answers: Vec<Theirs> = python.ask("flytekit_secrets.py", &cases).unwrap();
    let (mut found, mut more) = (0, 0);
    for (case, theirs) in cases.iter().zip(&answers) {
        let ours = ours(case);
        if let Some(difference) = difference(case, theirs, &ours) {
            let files = walk(Path::new(&case.directory));
            panic!(
                "{difference} differs: {case:#?}\nfiles: {files:#?}\nflytekit: {theirs:#?}\nhere: {ours:#}"
            );
        }
        found += usize::from(theirs.text.ok.is_some());
        more += usize::from(theirs.text.ok.is_none() && ours["text"]["ok"].is_string());
    }
    println!("{CASES} cases: flytekit finds {found} secrets, sealkit finds {more} more");
    assert!(found > CASES / 4 && found < CASES, "the cases are one-sided: {found} of {CASES} are found");
}

fn walk(directory: &Path) -> Vec<String> {
    let mut files = Vec::new();
    for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
        match fs::read(entry.path()) {
            Ok(content) => files.push(format!("{}: {}", entry.path().display(), hex(&content))),
            Err(_) => files.extend(walk(&entry.path())),
        }
    }
    files
}

/// The secrets that flytekit finds and sealkit does not.
#[test]
#[cfg_attr(not(has_python), ignore = "needs TEST_PYTHON")]
fn keys_and_directories_that_leave_the_mount_are_errors() {
    let directory = tempfile::tempdir().unwrap();
    fs::create_dir(directory.path().join("in")).unwrap();
    fs::write(directory.path().join("in/k"), "inside").unwrap();
    fs::write(directory.path().join("out"), "outside").unwrap();
    let inside = directory.path().join("in").to_str().unwrap().to_owned();
    let up = format!("{inside}/../in");
    let case = |key: &str, environment: &[(&str, &str)]| Case {
        key: key.to_owned(),
        group: None,
        group_version: None,
        environment: environment
            .iter()
            .map(|(name, value)| ((*name).to_owned(), hex(value.as_bytes())))
            .collect(),
        pod: false,
        directory: inside.clone(),
    };
    let dir = ("FLYTE_SECRETS_DEFAULT_DIR", inside.as_str());
    let cases = [
        // A key that leaves the directory.
        ("../out", case("../out", &[dir]), "outside", "invalid_name"),
        // A prefix that leaves it.
        ("prefix", case("out", &[dir, ("FLYTE_SECRETS_FILE_PREFIX", "../")]), "outside", "configuration"),
        // A directory that is not absolute and normalized.
        ("up", case("k", &[("FLYTE_SECRETS_DEFAULT_DIR", &up)]), "inside", "configuration"),
        // An invalid name, with which flytekit reads any variable.
        ("any variable", case("a b", &[("A B", "x")]), "x", "invalid_name"),
    ];
    for (name, case, _, expected) in &cases {
        assert_eq!(ours(case)["text"]["error"], *expected, "{name}");
    }
    let python = Python::from_environment();
    let questions: Vec<&Case> = cases.iter().map(|(_, case, ..)| case).collect();
    let answers: Vec<Theirs> = python.ask("flytekit_secrets.py", &questions).unwrap();
    for ((name, _, expected, _), theirs) in cases.iter().zip(answers) {
        assert_eq!(theirs.text.ok, Some(hex(expected.as_bytes())), "{name}");
    }
}
