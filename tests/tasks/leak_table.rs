//! The table of leaks in the guide says what the product does.

use std::{
    fmt::{Debug, Write as _},
    fs,
    path::Path,
    sync::Arc,
};

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use sealkit::{
    ErrorKind, File, Session, current_context, guard::Redactor, task, testing::TestSecrets, workflow,
};

const VALUE: &str = "k3Jq-71xT/w+Qz9 vB";
const URL: &str = "postgres://app:Tr0ub4dor%2Dand3@db.example.com:5432/orders";
const JSON: &str = r#"{"username": "app", "password": "hunter2-Xy", "host": "db.example.com", "port": 5432}"#;
/// The first test vector of RFC 8410 (section 10.3).
const KEY: &str = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n-----END PRIVATE KEY-----\n";
const KEY_LINE: &str = "MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC";
const WORD: &str = "deploy";
const PIN: &str = "7391";

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn join<T>(bytes: &[u8], separator: &str, format: impl Fn(u8) -> T) -> String
where
    T: Into<String>,
{
    bytes.iter().map(|byte| format(*byte).into()).collect::<Vec<String>>().join(separator)
}

fn debug(value: impl Debug) -> String {
    format!("{value:?}")
}

fn percent(text: &str, kept: &str) -> String {
    let byte = |c: char| join(c.encode_utf8(&mut [0; 4]).as_bytes(), "", |byte| format!("%{byte:02X}"));
    text.chars()
        .map(|c| if c.is_alphanumeric() || kept.contains(c) { c.to_string() } else { byte(c) })
        .collect()
}

fn backslashes(text: &str) -> String {
    text.chars().map(|c| if c.is_alphanumeric() { c.to_string() } else { format!("\\{c}") }).collect()
}

fn entities(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_alphanumeric() { c.to_string() } else { format!("&#{};", u32::from(c)) })
        .collect()
}

/// Returns the key's private part: the last 32 bytes of its DER.
fn private_part() -> Vec<u8> {
    STANDARD.decode(KEY_LINE).unwrap().split_off(16)
}

/// Ways to leak a secret.
#[expect(clippy::too_many_lines, reason = "a list")]
fn ways() -> Vec<(&'static str, String)> {
    let bytes = VALUE.as_bytes();
    let json = |text: &str| serde_json::to_string(text).unwrap();
    let encoded = STANDARD.encode(VALUE);
    let lossy = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let utf16 = |to_bytes: fn(u16) -> [u8; 2]| VALUE.encode_utf16().flat_map(to_bytes).collect::<Vec<u8>>();
    let (first, rest) = VALUE.split_at(9);
    vec![
        ("the value", VALUE.to_owned()),
        ("the value in a sentence", format!("no access with {VALUE}.")),
        ("the value with white space around it", format!("  {VALUE}\n\n")),
        ("`{:?}` of a string", debug(VALUE)),
        ("`{:?}` of a struct", debug(Some(("token", VALUE)))),
        ("`{:?}` of bytes", debug(bytes)),
        ("`{:#?}` of bytes", format!("{bytes:#?}")),
        ("`{:x?}` of bytes", format!("{bytes:x?}")),
        ("`{:02X?}` of bytes", format!("{bytes:02X?}")),
        ("`{:?}` of `FromUtf8Error`", debug(String::from_utf8([bytes, &[255]].concat()))),
        ("`{:?}` of characters", debug(VALUE.chars().collect::<Vec<_>>())),
        ("`escape_ascii`", bytes.escape_ascii().to_string()),
        ("`escape_unicode`", VALUE.escape_unicode().to_string()),
        ("`\\x` escapes", join(bytes, "", |byte| format!("\\x{byte:02x}"))),
        ("octal escapes", join(bytes, "", |byte| format!("\\{byte:03o}"))),
        ("`0x` and commas", join(bytes, ", ", |byte| format!("{byte:#04x}"))),
        ("JSON", format!("{{\"a\": {}}}", json(VALUE))),
        ("JSON in JSON", json(&json(VALUE))),
        ("JSON, every character escaped", join(bytes, "", |byte| format!("\\u{byte:04x}"))),
        ("percent-encoding (RFC 3986)", percent(VALUE, "-._~")),
        ("percent-encoding, few characters kept", percent(VALUE, "")),
        ("percent-encoding, many characters kept", percent(VALUE, "-._~!$&'()*+,;=:@/?")),
        ("percent-encoding, twice", percent(&percent(VALUE, ""), "")),
        ("an HTML form", percent(VALUE, "-._* ").replace(' ', "+")),
        ("a URL with the value as its password", format!("postgres://app:{}@db/x", percent(VALUE, ""))),
        ("JSON in a URL", percent(&json(VALUE), "")),
        ("a backslash before punctuation", backslashes(VALUE)),
        ("an LDAP filter", VALUE.replace('/', "\\2f").replace('+', "\\2b").replace(' ', "\\20")),
        ("numeric character references", entities(VALUE)),
        ("named character references", VALUE.replace('/', "&sol;").replace('+', "&plus;")),
        ("colours between the characters", join(bytes, "\x1b[31m", |byte| char::from(byte).to_string())),
        ("CSV and SQL quotes", format!("\"{}\"", VALUE.replace('"', "\"\""))),
        ("base64", encoded.clone()),
        ("base64, URL-safe, no padding", URL_SAFE_NO_PAD.encode(VALUE)),
        ("base64 of `user:VALUE`", STANDARD.encode(format!("user:{VALUE}"))),
        ("base64, twice", STANDARD.encode(&encoded)),
        (
            "base64 in lines of 20 characters",
            encoded.as_bytes().chunks(20).map(lossy).collect::<Vec<_>>().join("\n"),
        ),
        ("base64 of JSON with base64", STANDARD.encode(format!("{{\"auth\":\"{encoded}\"}}"))),
        ("hexadecimal", hex(bytes)),
        ("hexadecimal, upper case", hex(bytes).to_uppercase()),
        ("hexadecimal with colons", join(bytes, ":", |byte| format!("{byte:02x}"))),
        (
            "`hexdump -C`",
            format!(
                "00000000  {}  |{}|\n00000010  {}  |{}|\n",
                join(&bytes[..16], " ", |byte| format!("{byte:02x}")),
                &VALUE[..16],
                join(&bytes[16..], " ", |byte| format!("{byte:02x}")),
                &VALUE[16..]
            ),
        ),
        (
            "`od -c`",
            format!(
                "0000000{}\n0000020{}\n0000023\n",
                join(&bytes[..16], "", |byte| format!("   {}", char::from(byte))),
                join(&bytes[16..], "", |byte| format!("   {}", char::from(byte)))
            ),
        ),
        (
            "`xxd`",
            format!(
                "00000000: {}  {}\n00000010: {}  {}\n",
                bytes[..16].chunks(2).map(hex).collect::<Vec<_>>().join(" "),
                &VALUE[..16],
                hex(&bytes[16..]),
                &VALUE[16..]
            ),
        ),
        (
            "`od`",
            format!(
                "0000000 {}\n0000022\n",
                bytes
                    .chunks(2)
                    .map(|two| format!("{:06o}", u16::from_le_bytes([two[0], two[1]])))
                    .collect::<Vec<_>>()
                    .join(" ")
            ),
        ),
        ("UTF-16 in base64", STANDARD.encode(utf16(u16::to_le_bytes))),
        ("upper case", VALUE.to_uppercase()),
        ("reversed", VALUE.chars().rev().collect()),
        ("one character per line", join(bytes, "\n", |byte| char::from(byte).to_string())),
        ("the password of a URL", "Tr0ub4dor-and3".to_owned()),
        ("the password of a URL, as it is encoded there", "Tr0ub4dor%2Dand3".to_owned()),
        ("the host of a URL", "db.example.com".to_owned()),
        ("the password of a JSON document", "hunter2-Xy".to_owned()),
        ("the user of a JSON document", "app".to_owned()),
        ("the line of an Ed25519 key", KEY_LINE.to_owned()),
        ("the line, indented and wrapped at 40", format!("  {}\n  {}", &KEY_LINE[..40], &KEY_LINE[40..])),
        ("the private part of the key in hexadecimal", hex(&private_part())),
        ("the private part of the key as in a JWK", URL_SAFE_NO_PAD.encode(private_part())),
        ("the first line of a key file", "-----BEGIN PRIVATE KEY-----".to_owned()),
        ("a word as a secret", format!("to {WORD} it")),
        ("another word that contains it", "redeployed".to_owned()),
        ("a short value", format!("pin {PIN}")),
        ("the last four characters", format!("…{}", &VALUE[VALUE.len() - 4..])),
        ("the first half", first.to_owned()),
        ("two halves with text between them", format!("{first} and {rest}")),
        ("a hash", "b94d27b9934d3e08a52e52d7da7dabfac484efe37a5380ee9088f7ace2efcde9".to_owned()),
        (
            "rot13",
            VALUE
                .chars()
                .map(|c| match c {
                    'a'..='m' | 'A'..='M' => char::from(c as u8 + 13),
                    'n'..='z' | 'N'..='Z' => char::from(c as u8 - 13),
                    c => c,
                })
                .collect(),
        ),
    ]
}

/// Reads all secrets, and returns the text or fails with it.
#[task(secret_requests = [
    Secret(key = "value"), Secret(key = "url"), Secret(key = "json"), Secret(key = "key"), Secret(key = "word"), Secret(key = "pin"),
])]
fn leaks(text: String, fails: bool) -> anyhow::Result<String> {
    read_all()?;
    anyhow::ensure!(!fails, "failed: {text}");
    Ok(text)
}

fn read_all() -> sealkit::Result<()> {
    let context = current_context();
    let secrets = context.secrets();
    for key in ["value", "url", "json", "key", "word", "pin"] {
        secrets.get(key)?;
    }
    Ok(())
}

/// Reads all secrets, and stores the text as a file.
#[task(secret_requests = [
    Secret(key = "value"), Secret(key = "url"), Secret(key = "json"), Secret(key = "key"), Secret(key = "word"), Secret(key = "pin"),
])]
fn stores(text: String) -> sealkit::Result<File> {
    read_all()?;
    File::from_bytes("leak.txt", text)
}

#[task]
fn takes(text: String) -> sealkit::Result<usize> {
    Ok(text.len())
}

/// Reads all secrets, and passes the text on.
#[workflow(secret_requests = [
    Secret(key = "value"), Secret(key = "url"), Secret(key = "json"), Secret(key = "key"), Secret(key = "word"), Secret(key = "pin"),
])]
fn passes_on(text: String) -> sealkit::Result<usize> {
    read_all()?;
    takes(text)
}

fn secrets() -> TestSecrets {
    let secrets = TestSecrets::new().with("value", VALUE).with("url", URL).with("json", JSON);
    secrets.with("key", KEY).with("word", WORD).with("pin", PIN)
}

fn table() -> String {
    let mut table =
        "| leak | output, input | file | error | what is printed |\n|---|---|---|---|---|\n".to_owned();
    let guard = {
        let session: Session = secrets().session();
        session.run(|| leaks(String::new(), false)).unwrap();
        Arc::new(session.guard())
    };
    for (way, text) in ways() {
        let is_refused = |result: Result<(), ErrorKind>| match result {
            Ok(()) => "not found",
            Err(ErrorKind::Leak) => "refused",
            Err(kind) => panic!("{way}: {kind:?}"),
        };
        let kind = |error: anyhow::Error| error.downcast_ref::<sealkit::Error>().unwrap().kind();
        let output = is_refused(secrets().run(|| leaks(text.clone(), false)).map(drop).map_err(kind));
        let input =
            is_refused(secrets().run(|| passes_on(text.clone())).map(drop).map_err(|error| error.kind()));
        assert_eq!(output, input, "{way}");
        let file = is_refused(secrets().run(|| stores(text.clone())).map(drop).map_err(|error| error.kind()));
        let is_redacted = |printed: &str| if printed.contains(&text) { "not found" } else { "redacted" };
        let error = format!("{:#}", secrets().run(|| leaks(text.clone(), true)).unwrap_err());
        let (mut redactor, mut log) = (Redactor::new(guard.clone()), Vec::new());
        for chunk in format!("log: {text}\n").as_bytes().chunks(5) {
            redactor.push(chunk, &mut log);
        }
        redactor.finish(&mut log);
        let (error, log) = (is_redacted(&error), is_redacted(&String::from_utf8_lossy(&log)));
        let _ = writeln!(table, "| {way} | {output} | {file} | {error} | {log} |");
    }
    table
}

#[test]
fn the_guide_says_what_is_found() {
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/sealkit/src/_documentation/redaction.md");
    let guide = fs::read_to_string(&path).unwrap();
    let begin = guide.find("| leak |").unwrap();
    let end = begin + guide[begin..].find("\n\n").unwrap() + 1;
    let (table, written) = (table(), &guide[begin..end]);
    if table != written && std::env::var_os("UPDATE_GUIDE").is_some() {
        fs::write(&path, format!("{}{table}{}", &guide[..begin], &guide[end..])).unwrap();
        return;
    }
    assert_eq!(written, table, "write it with UPDATE_GUIDE=1");
}
