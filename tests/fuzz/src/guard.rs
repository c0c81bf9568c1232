//! Fuzzes redaction and the check with arbitrary text, arbitrary secrets and chunks of any size.

#![no_main]

use std::sync::Arc;

use sealkit_guard::{Guard, Redactor, Strength};

const MARKERS: &[u8] = b"[REDACTED:1][REDACTED:2]";

/// Returns whether `text` contains `part`.
fn contains(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window == part)
}

// The input is one line for each of two secrets, one byte for the chunk size, and the text. In the text, `1` and `2` are
// replaced by the secrets.
libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let mut parts = data.splitn(3, |byte| *byte == b'\n');
    let (Some(first), Some(second), Some([size, text @ ..])) = (parts.next(), parts.next(), parts.next())
    else {
        return;
    };
    let text: Vec<u8> = text
        .iter()
        .flat_map(|byte| match byte {
            b'1' => first,
            b'2' => second,
            other => std::slice::from_ref(other),
        })
        .copied()
        .collect();
    let guard = Arc::new(Guard::new([("1", first), ("2", second)]));
    let whole = guard.redact(&text);

    let (mut redactor, mut streamed) = (Redactor::new(guard.clone()), Vec::new());
    for chunk in text.chunks(usize::from(*size).max(1)) {
        redactor.push(chunk, &mut streamed);
        assert!(redactor.buffered() <= text.len());
    }
    redactor.finish(&mut streamed);

    let (mut redactor, mut released) = (Redactor::new(guard.clone()), Vec::new());
    for chunk in text.chunks(usize::from(*size).max(1)) {
        redactor.push(chunk, &mut released);
        redactor.release(&mut released);
    }
    redactor.finish(&mut released);

    for value in [first, second] {
        let trimmed = value.trim_ascii();
        // A word is not found inside other words.
        if Strength::of(value) != Strength::Full || Strength::is_word(value) {
            continue;
        }
        assert!(!contains(&text, trimmed) || !guard.check(&text).is_empty(), "the check missed a secret");
        // A match that contains a part of a marker is not a leak.
        let overlaps_marker = trimmed.iter().any(|byte| b"[]".contains(byte)) || contains(MARKERS, trimmed);
        for redacted in [&*whole, &streamed, &released] {
            assert!(overlaps_marker || !contains(redacted, trimmed), "redaction missed a secret");
        }
    }
});
