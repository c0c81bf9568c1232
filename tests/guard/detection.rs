//! Secrets are found in whatever form they turn up, and nothing else is taken for one.

use std::{
    collections::BTreeMap,
    env,
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use sealkit_guard::{Form, Guard, Redactor, Strength};
use serde::{Deserialize, Serialize};
use support::{Python, unhex};

const KINDS: [&str; 6] = ["token", "password", "alnum", "pem", "service_account", "passphrase"];

#[derive(Serialize)]
struct Question {
    kind: &'static str,
    seed: usize,
}

/// Texts by the name of the form, in hexadecimal digits.
type Texts = BTreeMap<String, String>;

#[derive(Deserialize)]
struct Answer {
    secret: String,
    stream: Texts,
    check: Texts,
    other: Texts,
}

/// How much is tried: the environment variable `name`, or else this much.
fn size(name: &str, usual: usize) -> usize {
    env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(usual)
}

#[test]
#[cfg_attr(not(has_python), ignore = "needs TEST_PYTHON")]
fn what_python_encodes_is_caught() {
    let python = Python::from_environment();
    let questions: Vec<Question> = (0..size("SEALKIT_TEST_SECRETS", 120))
        .map(|seed| Question { kind: KINDS[seed % KINDS.len()], seed })
        .collect();
    let answers: Vec<Answer> = python.ask("guard_forms.py", &questions).unwrap();

    // By form: how often the redactor and the check have caught it.
    let mut caught: BTreeMap<(&str, &str), (usize, usize)> = BTreeMap::new();
    for answer in &answers {
        let guard = Guard::new([("s", unhex(&answer.secret).unwrap())]);
        for (promise, texts) in
            [("1 stream", &answer.stream), ("2 check", &answer.check), ("3 nothing", &answer.other)]
        {
            for (form, text) in texts {
                let text = [b"at 12:00 ", &*unhex(text).unwrap(), b" (done)\n"].concat();
                let (redacted, checked) = caught.entry((promise, form)).or_default();
                *redacted += usize::from(*guard.redact(&text) != *text);
                *checked += usize::from(!guard.check(&text).is_empty());
            }
        }
    }
    let mut report = String::from("promised by, form: redacted, refused as an output\n");
    let mut broken = Vec::new();
    for ((promise, form), (redacted, checked)) in caught {
        let percent = |count: usize| 100 * count / answers.len();
        let rates = (percent(redacted), percent(checked));
        let _ = writeln!(report, "{promise:10} {form:32} {:4} % {:4} %", rates.0, rates.1);
        if (promise == "1 stream" && redacted < answers.len())
            || (promise != "3 nothing" && checked < answers.len())
        {
            broken.push(form.to_owned());
        }
    }
    eprint!("{report}");
    assert!(broken.is_empty(), "not always caught: {broken:?}");
}

const DIGITS: &str = "0123456789";
const HEX: &str = "0123456789abcdef";
const BASE64: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const MARKS: &str = "abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789!#$%&()*+,-./:;<=>?@[]^_{|}~";

/// Sixty secrets of the kinds that people have, with the beginnings that all of their kind share.
fn usual_secrets() -> Vec<String> {
    let mut random = fastrand::Rng::with_seed(7);
    let mut of = |alphabet: &str, length: usize| -> String {
        (0..length).map(|_| char::from(alphabet.as_bytes()[random.usize(..alphabet.len())])).collect()
    };
    let alnum = &BASE64[..62];
    let mut secrets = Vec::new();
    for _ in 0..5 {
        let lines: Vec<String> = (0..24).map(|_| of(BASE64, 64)).collect();
        let lines = lines.join("\n");
        let pkcs8 = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC";
        let openssh = "b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAMwAAAAtzc2gtZW";
        let key = format!(
            "-----BEGIN PRIVATE KEY-----\n{pkcs8}{}\n{lines}\n-----END PRIVATE KEY-----\n",
            of(BASE64, 12)
        );
        secrets.extend([
            of(alnum, 8),
            of(DIGITS, 8),
            of(HEX, 32),
            of(MARKS, 24),
            format!("ghp_{}", of(alnum, 36)),
            format!("sk-proj-{}", of(alnum, 48)),
            format!("{}-{}-4{}-a{}-{}", of(HEX, 8), of(HEX, 4), of(HEX, 3), of(HEX, 3), of(HEX, 12)),
            format!("eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIiwi{}.{}", of(alnum, 40), of(alnum, 43)),
            format!("postgres://app:{}@db.example.com:5432/app?sslmode=require", of(alnum, 16)),
            format!(
                "-----BEGIN OPENSSH PRIVATE KEY-----\n{openssh}\nQyNTUxOQAAACB{}\n-----END OPENSSH PRIVATE KEY-----\n",
                of(BASE64, 57)
            ),
            format!(
                r#"{{"type": "service_account", "project_id": "my-project-1", "private_key_id": "{}", "private_key": {}, "client_email": "a@b.iam.gserviceaccount.com", "auth_uri": "https://accounts.google.com/o/oauth2/auth"}}"#,
                of(HEX, 40),
                serde_json::to_string(&key).unwrap()
            ),
            key,
        ]);
    }
    assert_eq!(secrets.len(), 60);
    secrets
}

/// Calls `with` for text that is on this machine, until there was so much of it: sources and documentation.
fn each_text(bytes: usize, mut with: impl FnMut(&Path, &str)) -> usize {
    let home = env::var_os("HOME").map(PathBuf::from).unwrap_or_default();
    let cargo = env::var_os("CARGO_HOME").map_or_else(|| home.join(".cargo"), PathBuf::from);
    let roots = [
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates"),
        cargo.join("registry/src"),
        "/usr/share/doc".into(),
        "/usr/lib/python3".into(),
        "/usr/lib/python3.11".into(),
        "/usr/include".into(),
        "/usr/share".into(),
    ];
    let (mut folders, mut read): (Vec<PathBuf>, usize) = (roots.into_iter().rev().collect(), 0);
    while read < bytes
        && let Some(folder) = folders.pop()
    {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => folders.push(path),
                Ok(kind) if kind.is_file() => {
                    if let Ok(text) = fs::read_to_string(&path) {
                        read += text.len();
                        with(&path, &text);
                    }
                }
                _ => {}
            }
        }
    }
    read
}

#[test]
fn nothing_in_ordinary_text_is_taken_for_a_secret() {
    let secrets = usual_secrets();
    let guard = Guard::new(secrets.iter().enumerate().map(|(id, value)| (format!("s{id}"), value)));
    assert!(guard.weak().next().is_none());
    let mut found = Vec::new();
    let wanted = size("SEALKIT_TEST_TEXT_MIB", 64) << 20;
    let read = each_text(wanted, |path, text| {
        // What the check finds is more than what is redacted.
        for sighting in guard.check(text.as_bytes()) {
            found.push(format!("{}: {sighting}", path.display()));
        }
    });
    eprintln!("searched {} MiB of ordinary text", read >> 20);
    assert!(found.is_empty(), "{found:#?}");
    assert!(read > 1 << 20, "only {read} bytes of text could be found");
}

/// What redacting makes of `text` that arrives in these pieces.
fn streamed(secrets: &[(&str, &str)], chunks: &[&str]) -> String {
    let mut redactor = Redactor::new(Arc::new(Guard::new(secrets.iter().copied())));
    let mut out = Vec::new();
    for chunk in chunks {
        redactor.push(chunk.as_bytes(), &mut out);
    }
    redactor.finish(&mut out);
    String::from_utf8(out).unwrap()
}

#[test]
fn a_secret_whose_beginning_repeats_is_found_across_writes() {
    // A masker that starts over after a failed match, but not where the match could have begun, prints these.
    assert_eq!(streamed(&[("a", "0012345678")], &["n=000", "012345678"]), "n=00[REDACTED:a]");
    assert_eq!(streamed(&[("a", "sssecret-key-1")], &["ss", "ssecret-key-1"]), "s[REDACTED:a]");
    let mut random = fastrand::Rng::with_seed(3);
    for _ in 0..50_000 {
        let mut letters =
            |count: usize| -> String { (0..count).map(|_| ['k', '7'][random.usize(..2)]).collect() };
        let secret = format!("{}-Xw4", letters(6));
        let (before, split) = (letters(4), random.usize(..14));
        let text = format!("{before}{secret}");
        let split = split.min(text.len());
        let shown = streamed(&[("a", &secret)], &[&text[..split], &text[split..]]);
        assert_eq!(shown, format!("{before}[REDACTED:a]"), "{secret}");
    }
}

#[test]
fn base64_is_found_whatever_stands_around_the_value() {
    // `echo $SECRET | base64` shifts nothing and adds a line break; `user:` and `api:` shift.
    let secrets = [("a", "k3Jq-71xT/wPz")];
    for text in
        ["azNKcS03MXhUL3dQego=", "azNKcS03MXhUL3dQeg==", "azNKcS03MXhUL3dQeg", "YXBpOmszSnEtNzF4VC93UHpAaA=="]
    {
        let shown = streamed(&secrets, &["Basic ", text, "."]);
        assert!(shown.ends_with("[REDACTED:a]."), "{text}: {shown}");
        assert!(shown.len() <= "Basic YXBpOm[REDACTED:a].".len(), "{text}: {shown}");
    }
    assert_eq!(streamed(&secrets, &["6b334a712d373178542f77507a"]), "[REDACTED:a]");
    assert_eq!(streamed(&secrets, &["6B334A712D373178542F77507A"]), "[REDACTED:a]");
}

#[test]
fn a_short_secret_does_not_make_logs_unreadable() {
    let log = "a pod is ready, {\"true\": true}, YQ==, region us-east-1, production, 1234 rows\n";
    for value in ["a", "true", "{", "1234", "us-east-1", "production", "", "\n"] {
        assert_eq!(streamed(&[("a", value)], &[log]), log, "{value:?}");
        let guard = Guard::new([("a", value)]);
        assert!(
            matches!(guard.weak().next(), Some(("a", Strength::None(_)))),
            "{value:?} is told to be unguarded"
        );
    }
}

#[test]
fn a_json_secret_is_found_in_another_layout_and_its_braces_are_not() {
    let secret = "{\n  \"type\": \"service_account\",\n  \"token\": \"Zx81-Spectrum-48K\"\n}";
    let secrets = [("a", secret)];
    assert_eq!(streamed(&secrets, &["{\"token\":\"Zx81-Spectrum-48K\"}"]), "{\"token\":\"[REDACTED:a]\"}");
    assert_eq!(
        streamed(&secrets, &["{\n  \"type\": \"service_account\"\n}"]),
        "{\n  \"type\": \"service_account\"\n}"
    );
}

#[test]
fn of_secrets_that_begin_alike_or_overlap_no_tail_is_left() {
    for secrets in [
        [("a", "hunter2-X"), ("b", "hunter2-X-prod-9f3a")],
        [("b", "hunter2-X-prod-9f3a"), ("a", "hunter2-X")],
    ] {
        assert_eq!(streamed(&secrets, &["pw=hunter2-X-prod-9f3a;"]), "pw=[REDACTED:b];");
    }
    assert_eq!(streamed(&[("a", "abcdef7"), ("b", "ef7hijkl")], &["abcdef7hijkl"]), "[REDACTED:a]");
    assert_eq!(
        streamed(&[("a", "abcdef7"), ("b", "ghijkl8")], &["abcdef7ghijkl8"]),
        "[REDACTED:a][REDACTED:b]"
    );
}

#[test]
fn text_that_is_cut_off_after_redacting_shows_no_head_of_a_secret() {
    let guard = Guard::new([("a", "Zx81-Spectrum-48K")]);
    let text = format!("{}Zx81-Spectrum-48K", ".".repeat(500));
    let shown = guard.redact_text(&text);
    assert_eq!(&shown[..512], format!("{}[REDACTED:a]", ".".repeat(500)));
}

#[test]
fn other_bytes_than_text_are_found_as_they_are_and_as_they_are_shown() {
    let value = b"\xff\xfe\x00key-A1b2C3\x9c\x00\x81\xfe".to_vec();
    let guard = Guard::new([("a", &value)]);
    for text in [
        value.clone(),
        String::from_utf8_lossy(&value).into_owned().into_bytes(),
        b"fffe006b65792d4131623243339c0081fe".to_vec(),
        br"\xff\xfe\x00key-A1b2C3\x9c\x00\x81\xfe".to_vec(),
    ] {
        let text = [b"\xf0(", &text[..], b")\xf0"].concat();
        let shown = guard.redact(&text);
        assert!(shown.windows(12).any(|part| part == b"[REDACTED:a]"), "{}", shown.escape_ascii());
        assert!(shown.starts_with(b"\xf0(") && shown.ends_with(b")\xf0"), "{}", shown.escape_ascii());
    }
}

#[test]
fn what_terminals_and_shells_do_to_lines_is_undone() {
    let secrets = [("a", "first Line-1 of it\nand the 2nd one: Xy")];
    for text in [
        "first Line-1 of it\r\nand the 2nd one: Xy",
        "first Line-1 of it and the 2nd one: Xy",
        "first Line-1 of itand the 2nd one: Xy",
        "first Line-1 of it\\nand the 2nd one: Xy",
        r"it's $'first Line-1 of it\nand the 2nd one: Xy'",
    ] {
        let shown = streamed(&secrets, &[text]);
        assert!(
            shown.contains("[REDACTED:a]") && !shown.contains("Line-1") && !shown.contains("2nd"),
            "{shown}"
        );
    }
    // Dollars are doubled in build tools, and quotes closed and opened in shells.
    assert_eq!(streamed(&[("a", "pa$$word'7#")], &["pa$$$$word'7#"]), "[REDACTED:a]");
    assert_eq!(streamed(&[("a", "pa$$word'7#")], &[r"'pa$$word'\''7#'"]), "'[REDACTED:a]'");
}

/// Letters and digits drawn by lot.
fn word(random: &mut fastrand::Rng, length: usize) -> String {
    (0..length).map(|_| random.alphanumeric()).collect()
}

#[test]
fn one_a_thousand_and_ten_thousand_secrets_are_told_apart() {
    let mut random = fastrand::Rng::with_seed(5);
    for count in [1, 1_000, 10_000] {
        let values: Vec<String> = (0..count).map(|_| word(&mut random, 24)).collect();
        let guard = Guard::new(values.iter().enumerate().map(|(id, value)| (id.to_string(), value)));
        for id in [0, count / 2, count - 1] {
            assert_eq!(guard.redact_text(&format!("({})", values[id])), format!("([REDACTED:{id}])"));
            let found = guard.check(format!("{:?}", values[id].chars().collect::<Vec<_>>()).as_bytes());
            assert_eq!(
                (found.len(), found[0].name(), found[0].form()),
                (1, &*id.to_string(), Form::Scattered)
            );
        }
    }
}

#[test]
fn a_value_of_a_mebibyte_is_found_whole_in_base64_and_by_a_part() {
    let mut random = fastrand::Rng::with_seed(6);
    let text = word(&mut random, 1 << 20);
    let bytes: Vec<u8> = (0..1 << 20).map(|_| random.u8(..)).collect();
    let guard = Guard::new([("text", text.as_bytes()), ("bytes", &bytes)]);
    for (name, value) in [("text", text.as_bytes()), ("bytes", &bytes)] {
        let shown = guard.redact(value);
        assert_eq!(shown.escape_ascii().to_string(), format!("[REDACTED:{name}]"));
        assert_eq!(guard.check(&value[300_000..310_000])[0].name(), name);
        // In writes of any size, without holding back what is no part of it.
        let mut redactor = Redactor::new(Arc::new(Guard::new([(name, value)])));
        let mut out = Vec::new();
        for chunk in value.chunks(4096) {
            redactor.push(chunk, &mut out);
        }
        redactor.push(b"!", &mut out);
        redactor.release(&mut out);
        assert_eq!(redactor.held(), 0);
        assert_eq!(out.escape_ascii().to_string(), format!("[REDACTED:{name}]!"));
    }
}
