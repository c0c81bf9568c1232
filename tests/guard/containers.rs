//! The guard finds the fields of containers and the secret parts of keys.

use sealkit_guard::Guard;
use serde::Deserialize;
use support::{Python, unhex};

use crate::detection::{Question, Texts, size};

#[derive(Deserialize)]
struct Container {
    name: String,
    secret: String,
    fields: Vec<String>,
}

#[test]
#[cfg_attr(not(has_python), ignore = "needs TEST_PYTHON")]
fn the_fields_of_containers_are_found() {
    let python = Python::from_environment();
    let questions: Vec<Question> = (0..size("SEALKIT_TEST_CONTAINERS", 1_000))
        .map(|seed| Question { kind: "container", seed })
        .collect();
    let containers: Vec<Container> = python.ask("guard_encodings.py", &questions).unwrap();
    let mut missed = Vec::new();
    for container in &containers {
        let guard = Guard::new([("s", unhex(&container.secret).unwrap())]);
        for field in &container.fields {
            let field = unhex(field).unwrap();
            let text = [b"at 12:00 ", &*field, b" (done)\n"].concat();
            let redacted = guard.redact(&text);
            if redacted.windows(field.len()).any(|part| *part == *field) || guard.check(&field).is_empty() {
                missed.push(format!("{}: {}", container.name, field.escape_ascii()));
            }
        }
    }
    assert!(missed.is_empty(), "{} of {}: {missed:#?}", missed.len(), containers.len());
}

#[derive(Deserialize)]
struct Key {
    name: String,
    secret: String,
    leaks: Texts,
    public: Vec<String>,
}

#[test]
#[cfg_attr(not(has_python), ignore = "needs TEST_PYTHON")]
fn the_secret_parts_of_keys_are_found_and_the_public_parts_are_not() {
    let python = Python::from_environment();
    let questions: Vec<Question> =
        (0..size("SEALKIT_TEST_KEYS", 60)).map(|seed| Question { kind: "key", seed }).collect();
    let keys: Vec<Key> = python.ask("guard_encodings.py", &questions).unwrap();
    let mut wrong = Vec::new();
    for key in &keys {
        let guard = Guard::new([("s", unhex(&key.secret).unwrap())]);
        for (form, leak) in &key.leaks {
            let text = [b"at 12:00 ", &*unhex(leak).unwrap(), b" (done)\n"].concat();
            if *guard.redact(&text) == *text || guard.check(&text).is_empty() {
                wrong.push(format!("{}: not found: {form}", key.name));
            }
        }
        for public in &key.public {
            let public = unhex(public).unwrap();
            for finding in guard.check(&public) {
                wrong.push(format!("{}: {finding} in public `{}`", key.name, public.escape_ascii()));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {}: {wrong:#?}", wrong.len(), keys.len());
}
