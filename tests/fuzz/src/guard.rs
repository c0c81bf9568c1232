//! Redacts any text of any secrets, cut anywhere.

#![no_main]

use std::sync::Arc;

use sealkit_guard::{Guard, Redactor, Strength};

const MARKER: &[u8] = b"[REDACTED:1]";

/// Whether `part` is somewhere in `text`.
fn holds(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window == part)
}

// A line for each of two secrets, a byte for the size of chunks, and the text; `1`, `2` stand for the secrets in it.
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
        assert!(redactor.held() <= text.len());
    }
    redactor.finish(&mut streamed);
    assert!(streamed == *whole, "a stream is redacted as the whole is");

    for value in [first, second] {
        let trimmed = value.trim_ascii();
        if Strength::of(value) != Strength::Full {
            continue;
        }
        assert!(!holds(&text, trimmed) || !guard.check(&text).is_empty(), "a secret is not refused");
        // What a marker holds, or makes with the text around it, is no leak.
        let is_of_marker = trimmed.iter().any(|byte| b"[]".contains(byte)) || holds(MARKER, trimmed);
        assert!(is_of_marker || !holds(&whole, trimmed), "a secret is left");
    }
    let (mut redactor, mut released) = (Redactor::new(guard), Vec::new());
    for chunk in text.chunks(usize::from(*size).max(1)) {
        redactor.push(chunk, &mut released);
        redactor.release(&mut released);
    }
    redactor.finish(&mut released);
});
