//! The guard finds secrets in all encodings that it documents, and nothing in ordinary text.

use std::{
    collections::BTreeMap,
    env,
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use sealkit_guard::{Encoding, Guard, GuardMode, Redactor, Strength};
use serde::{Deserialize, Serialize};
use support::{Python, unhex};

const KINDS: [&str; 6] = ["token", "password", "alnum", "pem", "service_account", "passphrase"];

#[derive(Serialize)]
pub(crate) struct Question {
    pub(crate) kind: &'static str,
    pub(crate) seed: usize,
}

/// Encoded secrets by the name of the encoding, in hexadecimal.
pub(crate) type Texts = BTreeMap<String, String>;

#[derive(Deserialize)]
struct Answer {
    secret: String,
    /// Encodings that are always redacted and always found by the check.
    redacted: Texts,
    /// Encodings that are always found by the check.
    checked: Texts,
    /// Encodings without a guarantee.
    unguaranteed: Texts,
}

/// Returns the number in the environment variable `name`, or `default`.
pub(crate) fn size(name: &str, default: usize) -> usize {
    env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

#[test]
#[cfg_attr(not(has_python), ignore = "needs TEST_PYTHON")]
fn encodings_of_python_are_found_as_documented() {
    let python = Python::from_environment();
    let questions: Vec<Question> = (0..size("SEALKIT_TEST_SECRETS", 120))
        .map(|seed| Question { kind: KINDS[seed % KINDS.len()], seed })
        .collect();
    let answers: Vec<Answer> = python.ask("guard_encodings.py", &questions).unwrap();

    // How often each encoding was redacted and found by the check.
    let mut counts: BTreeMap<(&str, &str), (usize, usize)> = BTreeMap::new();
    for answer in &answers {
        let guard = Guard::new([("s", unhex(&answer.secret).unwrap())]);
        for (guarantee, texts) in [
            ("1 redacted", &answer.redacted),
            ("2 checked", &answer.checked),
            ("3 none", &answer.unguaranteed),
        ] {
            for (encoding, text) in texts {
                let text = [b"at 12:00 ", &*unhex(text).unwrap(), b" (done)\n"].concat();
                let (redacted, checked) = counts.entry((guarantee, encoding)).or_default();
                *redacted += usize::from(*guard.redact(&text) != *text);
                *checked += usize::from(!guard.check(&text).is_empty());
            }
        }
    }
    let mut report = String::from("guarantee, encoding: redacted, found by the check\n");
    let mut missed = Vec::new();
    for ((guarantee, encoding), (redacted, checked)) in counts {
        let percent = |count: usize| 100 * count / answers.len();
        let rates = (percent(redacted), percent(checked));
        let _ = writeln!(report, "{guarantee:10} {encoding:32} {:4} % {:4} %", rates.0, rates.1);
        if (guarantee == "1 redacted" && redacted < answers.len())
            || (guarantee != "3 none" && checked < answers.len())
        {
            missed.push(encoding.to_owned());
        }
    }
    eprint!("{report}");
    assert!(missed.is_empty(), "not always found: {missed:?}");
}

const DIGITS: &str = "0123456789";
const HEX: &str = "0123456789abcdef";
const BASE64: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const PASSWORD: &str =
    "abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789!#$%&()*+,-./:;<=>?@[]^_{|}~";

/// Returns sixty typical secrets, with the prefixes that all secrets of a kind share.
fn typical_secrets() -> Vec<String> {
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
            of(PASSWORD, 24),
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

/// Calls `visit` with sources and documentation of this machine until `limit` bytes were read. Returns how many were.
fn for_each_text(limit: usize, mut visit: impl FnMut(&Path, &str)) -> usize {
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
    let (mut directories, mut read): (Vec<PathBuf>, usize) = (roots.into_iter().rev().collect(), 0);
    while read < limit
        && let Some(directory) = directories.pop()
    {
        for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
            let path = entry.path();
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => directories.push(path),
                Ok(kind) if kind.is_file() => {
                    if let Ok(text) = fs::read_to_string(&path) {
                        read += text.len();
                        visit(&path, &text);
                    }
                }
                _ => {}
            }
        }
    }
    read
}

#[test]
fn there_are_no_matches_in_ordinary_text() {
    let secrets = typical_secrets();
    let guard = Guard::new(secrets.iter().enumerate().map(|(id, value)| (format!("s{id}"), value)));
    assert!(guard.weak().next().is_none());
    let mut found = Vec::new();
    let limit = size("SEALKIT_TEST_TEXT_MIB", 64) << 20;
    let read = for_each_text(limit, |path, text| {
        // The check finds all that redaction finds, and more.
        for finding in guard.check(text.as_bytes()) {
            found.push(format!("{}: {finding}", path.display()));
        }
    });
    eprintln!("searched {} MiB of ordinary text", read >> 20);
    assert!(found.is_empty(), "{found:#?}");
    assert!(read > 1 << 20, "only {read} bytes of text could be found");
}

/// Redacts a stream of these chunks.
fn redact_chunks(secrets: &[(&str, &str)], chunks: &[&str]) -> String {
    let mut redactor = Redactor::new(Arc::new(Guard::new(secrets.iter().copied())));
    let mut out = Vec::new();
    for chunk in chunks {
        redactor.push(chunk.as_bytes(), &mut out);
    }
    redactor.finish(&mut out);
    String::from_utf8(out).unwrap()
}

#[test]
fn a_secret_with_a_repetitive_prefix_is_found_across_chunks() {
    // A masker that does not back up after a failed partial match misses these.
    assert_eq!(redact_chunks(&[("a", "0012345678")], &["n=000", "012345678"]), "n=00[REDACTED:a]");
    assert_eq!(redact_chunks(&[("a", "sssecret-key-1")], &["ss", "ssecret-key-1"]), "s[REDACTED:a]");
    let mut random = fastrand::Rng::with_seed(3);
    for _ in 0..50_000 {
        let mut letters =
            |count: usize| -> String { (0..count).map(|_| ['k', '7'][random.usize(..2)]).collect() };
        let secret = format!("{}-Xw4", letters(6));
        let (before, split) = (letters(4), random.usize(..14));
        let text = format!("{before}{secret}");
        let split = split.min(text.len());
        let redacted = redact_chunks(&[("a", &secret)], &[&text[..split], &text[split..]]);
        assert_eq!(redacted, format!("{before}[REDACTED:a]"), "{secret}");
    }
}

#[test]
fn base64_is_found_at_every_alignment() {
    // `echo $SECRET | base64` encodes a trailing line break too. A prefix such as `api:` shifts the alignment.
    let secrets = [("a", "k3Jq-71xT/wPz")];
    for text in
        ["azNKcS03MXhUL3dQego=", "azNKcS03MXhUL3dQeg==", "azNKcS03MXhUL3dQeg", "YXBpOmszSnEtNzF4VC93UHpAaA=="]
    {
        let redacted = redact_chunks(&secrets, &["Basic ", text, "."]);
        assert!(redacted.ends_with("[REDACTED:a]."), "{text}: {redacted}");
        assert!(redacted.len() <= "Basic YXBpOm[REDACTED:a].".len(), "{text}: {redacted}");
    }
    assert_eq!(redact_chunks(&secrets, &["6b334a712d373178542f77507a"]), "[REDACTED:a]");
    assert_eq!(redact_chunks(&secrets, &["6B334A712D373178542F77507A"]), "[REDACTED:a]");
}

#[test]
fn short_and_common_values_do_not_make_logs_unreadable() {
    let log = "a pod is ready, {\"true\": true}, YQ==, region us-east-1, production, 1234 rows\n";
    for value in ["a", "true", "{", "1234", "us-east-1", "production", "", "\n"] {
        assert_eq!(redact_chunks(&[("a", value)], &[log]), log, "{value:?}");
        let guard = Guard::new([("a", value)]);
        assert!(
            matches!(guard.weak().next(), Some(("a", Strength::None(_)))),
            "{value:?} is reported as unguarded"
        );
    }
}

#[test]
fn the_mode_of_a_secret_decides_how_it_is_guarded() {
    let text = "deploy deployed 12345 ZGVwbG95 db.example.com";
    for (mode, redacted) in [
        (GuardMode::Off, text),
        (GuardMode::Standard, "[REDACTED:w] deployed 12345 [REDACTED:w] [REDACTED:h]"),
        (GuardMode::Strict, "[REDACTED:w] [REDACTED:w]ed [REDACTED:p]5 [REDACTED:w] [REDACTED:h]"),
    ] {
        let values = [("w", "deploy"), ("p", "1234\n"), ("h", "db.example.com")];
        let guard = Guard::with_modes(values.map(|(name, value)| (name, value, mode)));
        assert_eq!(guard.redact_text(text), redacted, "{mode:?}");
        assert_eq!(guard.check(b"1234").len(), usize::from(mode == GuardMode::Strict), "{mode:?}");
        assert_eq!(guard.weak().count(), usize::from(mode == GuardMode::Standard), "{mode:?}");
    }
    // No more than the guard can find.
    let guard = Guard::with_modes([("p", "123", GuardMode::Strict), ("q", "", GuardMode::Strict)]);
    assert_eq!((guard.redact_text("123"), guard.weak().count()), ("123".into(), 2));
    // The mode is that of the value, not that of its fields.
    let guard = Guard::with_modes([("u", "postgres://app:Zx81-Spectrum@deploy/orders", GuardMode::Strict)]);
    assert_eq!(guard.redact_text("deploy of orders: Zx81-Spectrum"), "deploy of orders: [REDACTED:u]");
}

#[test]
fn the_fields_of_a_json_secret_are_found_but_not_its_punctuation() {
    let secret = "{\n  \"type\": \"service_account\",\n  \"token\": \"Zx81-Spectrum-48K\"\n}";
    let secrets = [("a", secret)];
    assert_eq!(
        redact_chunks(&secrets, &["{\"token\":\"Zx81-Spectrum-48K\"}"]),
        "{\"token\":\"[REDACTED:a]\"}"
    );
    assert_eq!(
        redact_chunks(&secrets, &["{\n  \"type\": \"service_account\"\n}"]),
        "{\n  \"type\": \"service_account\"\n}"
    );
}

#[test]
fn secrets_that_share_a_prefix_or_overlap_are_redacted_completely() {
    for secrets in [
        [("a", "hunter2-X"), ("b", "hunter2-X-prod-9f3a")],
        [("b", "hunter2-X-prod-9f3a"), ("a", "hunter2-X")],
    ] {
        assert_eq!(redact_chunks(&secrets, &["pw=hunter2-X-prod-9f3a;"]), "pw=[REDACTED:b];");
    }
    assert_eq!(redact_chunks(&[("a", "abcdef7"), ("b", "ef7hijkl")], &["abcdef7hijkl"]), "[REDACTED:a]");
    assert_eq!(
        redact_chunks(&[("a", "abcdef7"), ("b", "ghijkl8")], &["abcdef7ghijkl8"]),
        "[REDACTED:a][REDACTED:b]"
    );
}

#[test]
fn text_that_is_truncated_after_redaction_contains_no_part_of_a_secret() {
    let guard = Guard::new([("a", "Zx81-Spectrum-48K")]);
    let text = format!("{}Zx81-Spectrum-48K", ".".repeat(500));
    let redacted = guard.redact_text(&text);
    assert_eq!(&redacted[..512], format!("{}[REDACTED:a]", ".".repeat(500)));
}

#[test]
fn binary_values_are_found_as_bytes_as_lossy_text_in_hexadecimal_and_escaped() {
    let value = b"\xff\xfe\x00key-A1b2C3\x9c\x00\x81\xfe".to_vec();
    let guard = Guard::new([("a", &value)]);
    for text in [
        value.clone(),
        String::from_utf8_lossy(&value).into_owned().into_bytes(),
        b"fffe006b65792d4131623243339c0081fe".to_vec(),
        br"\xff\xfe\x00key-A1b2C3\x9c\x00\x81\xfe".to_vec(),
    ] {
        let text = [b"\xf0(", &text[..], b")\xf0"].concat();
        let redacted = guard.redact(&text);
        assert!(redacted.windows(12).any(|part| part == b"[REDACTED:a]"), "{}", redacted.escape_ascii());
        assert!(
            redacted.starts_with(b"\xf0(") && redacted.ends_with(b")\xf0"),
            "{}",
            redacted.escape_ascii()
        );
    }
}

/// A file with a password in Latin-1 ends with a line break, too.
#[test]
fn white_space_around_a_binary_value_does_not_matter() {
    for value in [&b"p\xe4ss-W0rt7\n"[..], b" \t\x0bp\xe4ss-W0rt7\r\n", b"p\xe4ss-W0rt7"] {
        let guard = Guard::new([("a", value)]);
        for text in [&b"p\xe4ss-W0rt7"[..], b"x\np\xe4ss-W0rt7\n", b"(p\xe4ss-W0rt7)", value] {
            assert!(!guard.check(text).is_empty(), "{} in {}", value.escape_ascii(), text.escape_ascii());
        }
    }
}

#[test]
fn values_with_different_line_breaks_or_shell_quotes_are_found() {
    let secrets = [("a", "first Line-1 of it\nand the 2nd one: Xy")];
    for text in [
        "first Line-1 of it\r\nand the 2nd one: Xy",
        "first Line-1 of it and the 2nd one: Xy",
        "first Line-1 of itand the 2nd one: Xy",
        "first Line-1 of it\\nand the 2nd one: Xy",
        r"it's $'first Line-1 of it\nand the 2nd one: Xy'",
    ] {
        let redacted = redact_chunks(&secrets, &[text]);
        assert!(
            redacted.contains("[REDACTED:a]") && !redacted.contains("Line-1") && !redacted.contains("2nd"),
            "{redacted}"
        );
    }
    // Build tools double dollar signs. Shells close and reopen quotes.
    assert_eq!(redact_chunks(&[("a", "pa$$word'7#")], &["pa$$$$word'7#"]), "[REDACTED:a]");
    assert_eq!(redact_chunks(&[("a", "pa$$word'7#")], &[r"'pa$$word'\''7#'"]), "'[REDACTED:a]'");
}

/// Returns random letters and digits.
fn random_word(random: &mut fastrand::Rng, length: usize) -> String {
    (0..length).map(|_| random.alphanumeric()).collect()
}

#[test]
fn each_of_ten_thousand_secrets_is_found_under_its_own_name() {
    let mut random = fastrand::Rng::with_seed(5);
    for count in [1, 1_000, 10_000] {
        let values: Vec<String> = (0..count).map(|_| random_word(&mut random, 24)).collect();
        let guard = Guard::new(values.iter().enumerate().map(|(id, value)| (id.to_string(), value)));
        for id in [0, count / 2, count - 1] {
            assert_eq!(guard.redact_text(&format!("({})", values[id])), format!("([REDACTED:{id}])"));
            let found = guard.check(format!("{:?}", values[id].chars().collect::<Vec<_>>()).as_bytes());
            assert_eq!(
                (found.len(), found[0].name(), found[0].encoding()),
                (1, &*id.to_string(), Encoding::Interleaved)
            );
        }
    }
}

#[test]
fn a_value_of_one_mebibyte_is_found_completely_and_by_a_part() {
    let mut random = fastrand::Rng::with_seed(6);
    let text = random_word(&mut random, 1 << 20);
    let bytes: Vec<u8> = (0..1 << 20).map(|_| random.u8(..)).collect();
    let guard = Guard::new([("text", text.as_bytes()), ("bytes", &bytes)]);
    for (name, value) in [("text", text.as_bytes()), ("bytes", &bytes)] {
        let redacted = guard.redact(value);
        assert_eq!(redacted.escape_ascii().to_string(), format!("[REDACTED:{name}]"));
        assert_eq!(guard.check(&value[300_000..310_000])[0].name(), name);
        // Nothing of the text after the value stays in the buffer.
        let mut redactor = Redactor::new(Arc::new(Guard::new([(name, value)])));
        let mut out = Vec::new();
        for chunk in value.chunks(4096) {
            redactor.push(chunk, &mut out);
        }
        redactor.push(b"!", &mut out);
        redactor.release(&mut out);
        assert_eq!(redactor.buffered(), 0);
        assert_eq!(out.escape_ascii().to_string(), format!("[REDACTED:{name}]!"));
    }
}
