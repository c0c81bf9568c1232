use std::{ops::Range, sync::Arc};

use aho_corasick::{AhoCorasick, MatchKind};

use super::*;
use crate::Strength;

/// Values that overlap, share a prefix, repeat themselves, are weak or have several lines.
const VALUES: [(&str, &str); 9] = [
    ("a", "abcdefgh1"),
    ("b", "efgh1jklmn"),
    ("c", "hunter2-X"),
    ("d", "hunter2-X-prod-9f3a"),
    ("e", "sssecret-key-1"),
    ("f", "0012345678"),
    ("g", "739184"),
    ("h", "Kq8#v"),
    ("i", "first Line of it 7\nsecond Line of it 8"),
];

fn guard() -> Guard {
    Guard::new(VALUES)
}

/// Returns random text with whole and truncated patterns of the guard.
fn random_text(guard: &Guard, random: &mut fastrand::Rng) -> Vec<u8> {
    let patterns = u32::try_from(guard.patterns.len()).unwrap();
    let mut text = Vec::new();
    for _ in 0..random.usize(1..12) {
        let pattern = guard.scanner.pattern(random.u32(..patterns));
        match random.u8(..6) {
            0 | 1 => text.extend_from_slice(pattern),
            2 => text.extend_from_slice(&pattern[..random.usize(..pattern.len())]),
            3 => text.extend_from_slice(&pattern[random.usize(..pattern.len())..]),
            4 => text.extend((0..random.usize(..6)).map(|_| b"s0a= \n-"[random.usize(..7)])),
            // Without the escape character: a sequence for a terminal may be cut off too.
            _ => text.extend((0..random.usize(..20)).map(|_| random.u8(..)).filter(|byte| *byte != 0x1b)),
        }
    }
    text
}

fn redact_chunks(guard: &Arc<Guard>, chunks: impl IntoIterator<Item: AsRef<[u8]>>) -> Vec<u8> {
    let (mut redactor, mut out) = (Redactor::new(guard.clone()), Vec::new());
    for chunk in chunks {
        redactor.push(chunk.as_ref(), &mut out);
    }
    redactor.finish(&mut out);
    out
}

/// Redacts `text` with a simple implementation on top of `aho-corasick`.
fn redact_with_aho_corasick(guard: &Guard, text: &[u8]) -> Vec<u8> {
    let patterns: Vec<&[u8]> =
        (0..guard.patterns.len()).map(|id| guard.scanner.pattern(u32::try_from(id).unwrap())).collect();
    let search = AhoCorasick::builder().match_kind(MatchKind::Standard).build(&patterns).unwrap();
    let is_word = |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
    let mut spans: Vec<(usize, Range<usize>, &str)> = Vec::new();
    for found in search.find_overlapping_iter(text) {
        let pattern = guard.patterns[found.pattern().as_usize()];
        let (start, mut end) = (found.start(), found.end());
        if pattern.whole_word && (is_word(text.get(start.wrapping_sub(1))) || is_word(text.get(end))) {
            continue;
        }
        while pattern.encoding.extends_over_base64()
            && text.get(end).is_some_and(|byte| byte.is_ascii_alphanumeric() || b"+/-_=".contains(byte))
        {
            end += 1;
        }
        spans.push((found.end(), start..end, guard.name(pattern.secret)));
    }
    // Of the matches that start together, the longest names the span.
    spans.sort_by_key(|(end, span, name)| (span.start, usize::MAX - end, *name));
    let mut merged: Vec<(Range<usize>, &str)> = Vec::new();
    for (_, span, name) in spans {
        match merged.last_mut() {
            Some((last, earlier))
                if span.start < last.end || (span.start == last.end && name == *earlier) =>
            {
                last.end = last.end.max(span.end);
            }
            _ => merged.push((span, name)),
        }
    }
    let (mut out, mut at) = (Vec::new(), 0);
    for (span, name) in merged {
        out.extend_from_slice(&text[at..span.start]);
        out.extend_from_slice(format!("[REDACTED:{name}]").as_bytes());
        at = span.end;
    }
    out.extend_from_slice(&text[at..]);
    out
}

#[test]
fn redaction_matches_a_simple_implementation_on_aho_corasick() {
    let (guard, mut random) = (guard(), fastrand::Rng::with_seed(11));
    for _ in 0..3_000 {
        let text = random_text(&guard, &mut random);
        let (redacted, expected) = (guard.redact(&text), redact_with_aho_corasick(&guard, &text));
        assert!(
            *redacted == *expected,
            "{}\n{}\n{}",
            text.escape_ascii(),
            redacted.escape_ascii(),
            expected.escape_ascii()
        );
    }
}

#[test]
fn a_stream_in_random_chunks_is_redacted_like_the_whole_text() {
    let (guard, mut random) = (Arc::new(guard()), fastrand::Rng::with_seed(12));
    for case in 0..100_000 {
        // The end of a stream may be the beginning of a secret; no pattern contains this byte.
        let text = [random_text(&guard, &mut random), vec![0xff]].concat();
        let whole = guard.redact(&text);
        let mut rest = &text[..];
        let redacted = redact_chunks(
            &guard,
            std::iter::from_fn(|| {
                let (chunk, after) = rest.split_at_checked(random.usize(..=rest.len().min(40)))?;
                let more = !rest.is_empty();
                rest = after;
                more.then_some(chunk)
            }),
        );
        assert!(redacted == *whole, "case {case}: {}", text.escape_ascii());
    }
}

/// Returns random text with escaped values, parts of them, and escapes that stand for something else.
fn random_escapes(random: &mut fastrand::Rng) -> Vec<u8> {
    let escape = |byte: u8, how: u8| match how {
        0 => format!("%{byte:02x}"),
        1 => format!("\\x{byte:02x}"),
        2 => format!("\\{byte:03o}"),
        3 => format!("\\u{byte:04x}"),
        4 => format!("&#{byte};"),
        5 => format!("%25{byte:02X}"),
        6 => format!("\\\\u{{{byte:x}}}"),
        7 => format!("\x1b[0;{byte}m{}", char::from(byte)),
        8 => format!("\\{}", char::from(byte)),
        _ => char::from(byte).to_string(),
    };
    let mut text = Vec::new();
    for _ in 0..random.usize(1..8) {
        // Not the weak values: what is before an escape does not count for them in the next chunk.
        let values = VALUES.iter().filter(|(_, value)| Strength::of(value.as_bytes()) == Strength::Full);
        let values: Vec<&[u8]> = values.map(|(_, value)| value.as_bytes()).collect();
        let value = values[random.usize(..values.len())];
        let (from, to) =
            if random.bool() { (0, value.len()) } else { (random.usize(..value.len()), value.len()) };
        let to = if random.u8(..3) == 0 { random.usize(from..=to) } else { to };
        let (how, share) = (random.u8(..10), random.u8(1..4));
        for byte in &value[from..to] {
            let how = if random.u8(..3) < share { how } else { 9 };
            // Letters after a backslash have other meanings.
            let how = if how == 8 && byte.is_ascii_alphanumeric() { 9 } else { how };
            text.extend_from_slice(escape(*byte, how).as_bytes());
        }
        let noise = [" ", "%", "\\", "&", "&amp;", "\\\\", "%4", "=", "\\u00", "\x1b[1m", "."];
        text.extend_from_slice(noise[random.usize(..noise.len())].as_bytes());
    }
    // The end of a stream may be the beginning of a secret or of an escape; no pattern contains these bytes.
    [text, vec![0xff; 8]].concat()
}

#[test]
fn escapes_in_random_chunks_are_redacted_like_the_whole_text() {
    let (guard, mut random) = (Arc::new(guard()), fastrand::Rng::with_seed(19));
    for case in 0..8_000 {
        let text = random_escapes(&mut random);
        let whole = guard.redact(&text);
        let (mut chunks, mut rest) = (Vec::new(), &text[..]);
        while !rest.is_empty() {
            let (chunk, after) = rest.split_at(random.usize(1..=rest.len().min(12)));
            chunks.push(chunk);
            rest = after;
        }
        let redacted = redact_chunks(&guard, &chunks);
        assert!(
            redacted == *whole,
            "case {case}: {}\n{}\n{}",
            text.escape_ascii(),
            whole.escape_ascii(),
            redacted.escape_ascii()
        );
    }
}

#[test]
fn a_stream_in_chunks_of_one_size_is_redacted_like_the_whole_text() {
    let (guard, mut random) = (Arc::new(guard()), fastrand::Rng::with_seed(13));
    let mut long = Vec::new();
    while long.len() < 300_000 {
        long.extend(random_text(&guard, &mut random));
        long.extend(std::iter::repeat_n(b'.', random.usize(..300)));
    }
    let whole = guard.redact(&long);
    for size in [1, 7, 64, 4096, 65_536] {
        assert!(redact_chunks(&guard, long.chunks(size)) == *whole, "chunks of {size}");
    }
}

#[test]
fn ordinary_text_is_not_buffered() {
    let mut redactor = Redactor::new(Arc::new(Guard::new([("token", "Zx81-Spectrum-48K")])));
    for prompt in [
        "Password: ",
        ">>> ",
        "Continue? [y/N] ",
        "$ ",
        "(Pdb) ",
        "mysql> ",
        "100 %\r",
        "done\n",
        "... ",
        "? ",
    ] {
        let mut out = Vec::new();
        redactor.push(prompt.as_bytes(), &mut out);
        assert_eq!((out.as_slice(), redactor.buffered()), (prompt.as_bytes(), 0));
    }
}

#[test]
fn at_most_two_bytes_of_a_secret_are_released() {
    let mut redactor = Redactor::new(Arc::new(Guard::new([("token", "Zx81-Spectrum-48K")])));
    let mut out = Vec::new();
    redactor.push(b"= Z", &mut out);
    assert_eq!((out.as_slice(), redactor.buffered()), (&b"= "[..], 1));
    redactor.release(&mut out);
    assert_eq!((out.as_slice(), redactor.buffered()), (&b"= Z"[..], 0));
    redactor.push(b"x81", &mut out);
    redactor.release(&mut out);
    assert_eq!(
        (out.as_slice(), redactor.buffered()),
        (&b"= Z"[..], 3),
        "four bytes of the secret are not released"
    );
    redactor.push(b"-Spectrum-48K.", &mut out);
    redactor.finish(&mut out);
    assert_eq!(out.escape_ascii().to_string(), "= Z[REDACTED:token].");
}

/// A model of a stream: pieces of one to three bytes, with pauses that are longer or shorter than the time after which held bytes are
/// released, and an end at any time.
#[test]
fn whatever_the_timing_at_most_two_bytes_of_a_value_are_written() {
    const IDLE: u32 = 50;
    let value = b"Zx81-Spectrum/48K+";
    let forms: [fn(&u8) -> String; 7] = [
        |byte| char::from(*byte).to_string(),
        |byte| format!("%{byte:02X}"),
        |byte| format!("\\x{byte:02x}"),
        |byte| format!("\\u{{{byte:x}}}"),
        |byte| format!("{}\x1b[1m", char::from(*byte)),
        |byte| format!("{byte}, "),
        |byte| format!("0x{byte:02x},"),
    ];
    let guard = Arc::new(Guard::new([("token", value)]));
    let mut random = fastrand::Rng::with_seed(17);
    for case in 0..7_000 {
        let form = forms[case % forms.len()];
        let encoded: String = value.iter().map(form).collect();
        let text =
            format!("{}{encoded}{}", ["", "= ", "Z"][random.usize(..3)], [".\n", ""][random.usize(..2)]);
        let is_cut = random.bool();
        let end = if is_cut { random.usize(..text.len()) } else { text.len() };
        let (mut redactor, mut out, mut at) = (Redactor::new(guard.clone()), Vec::new(), 0);
        while at < end {
            let next = end.min(at + random.usize(1..4));
            redactor.push(&text.as_bytes()[at..next], &mut out);
            at = next;
            let (mut clock, pause) = (0, random.u32(..4 * IDLE));
            while clock + IDLE <= pause {
                clock += IDLE;
                redactor.release(&mut out);
            }
        }
        redactor.finish(&mut out);
        let out = String::from_utf8_lossy(&out);
        for three in value.windows(3) {
            let three: String = three.iter().map(form).collect();
            // The separator after the last byte says nothing.
            let three = three.trim_end_matches([',', ' ']);
            assert!(!out.contains(three), "case {case}: {text:?} cut at {end}: {out:?} contains {three:?}");
        }
        assert!(is_cut || out.contains("[REDACTED:token]"), "case {case}: {text:?}: {out:?}");
    }
}

#[test]
fn a_list_of_numbers_is_redacted_across_chunks_and_ordinary_numbers_are_not_held() {
    let guard = Arc::new(Guard::new([("token", "Zx81-Spectrum/48K+")]));
    let list = format!("bytes: {:?}\n", b"Zx81-Spectrum/48K+");
    for size in 1..list.len() {
        let redacted = String::from_utf8(redact_chunks(&guard, list.as_bytes().chunks(size))).unwrap();
        assert!(redacted.contains("[REDACTED:token]") && !redacted.contains("45, 83"), "{size}: {redacted}");
    }
    let mut redactor = Redactor::new(guard);
    for line in ["step 90", "rows: 90, 120", "at 10:11:12", "port 8090\n"] {
        let mut out = Vec::new();
        redactor.push(line.as_bytes(), &mut out);
        assert_eq!(String::from_utf8_lossy(&out), line);
    }
}

#[test]
fn a_word_is_found_between_others_but_not_inside_them() {
    let guard = Guard::new([("verb", "deploy")]);
    assert_eq!(guard.redact_text("deployed, redeploy, deploy."), "deployed, redeploy, [REDACTED:verb].");
    assert_eq!(guard.check(b"deployed").len(), 0);
    assert_eq!(guard.check(b"to deploy it").len(), 1);
    assert_eq!(guard.redact_text(r#"{"a":"\ndeploy\n"}"#), r#"{"a":"\n[REDACTED:verb]\n"}"#);
}

#[test]
fn a_word_after_a_colour_is_found_across_chunks() {
    let guard = Arc::new(Guard::new([("pin", "739184")]));
    for chunks in [["pin: \x1b[1m", "739184", "\x1b[0m."], ["pin: ", "\x1b[1m739184", "\x1b[0m."]] {
        let redacted = redact_chunks(&guard, chunks);
        assert_eq!(redacted.escape_ascii().to_string(), "pin: \\x1b[1m[REDACTED:pin]\\x1b[0m.");
    }
}

#[test]
fn an_escape_in_a_short_value_may_be_long() {
    for value in ["AB569f", "739184"] {
        let guard = Guard::new([("pin", value)]);
        let (first, second) = (&value[..1], &value.as_bytes()[1]);
        let rest = &value[2..];
        for escape in [
            format!("%{second:02x}"),
            format!("\\x{second:02x}"),
            format!("\\u{{0000{second:x}}}"),
            format!("&#{second};"),
            format!("\x1b[38;2;255;128;0m{}", char::from(*second)),
            format!("\x1b]0;title \u{e4}\x07{}", char::from(*second)),
        ] {
            let text = format!("pin {first}{escape}{rest}.");
            assert_eq!(guard.redact_text(&text), "pin [REDACTED:pin].", "{text:?}");
            let text = format!("pin {first}{escape}{rest}5.");
            assert_eq!(guard.redact_text(&text), text, "it is a part of a word");
        }
    }
}

#[test]
fn a_list_of_numbers_is_no_part_of_the_word_before_it() {
    let guard = Arc::new(Guard::new([("verb", "rLqOoEQ")]));
    for chunks in [["pin", "[72, 4c, 71, 4f, 6f, 45, 51]"], ["pin[", "72 4c 71 4f 6f 45 51"]] {
        let redacted = String::from_utf8(redact_chunks(&guard, chunks)).unwrap();
        assert!(redacted.starts_with("pin[") && redacted.contains("[REDACTED:verb]"), "{redacted}");
    }
}

#[test]
fn released_bytes_are_not_written_twice() {
    let mut redactor = Redactor::new(Arc::new(Guard::new([("token", "Zx81-Spectrum-48K")])));
    let mut out = Vec::new();
    for chunk in ["Z", "x", "y Z", "", "Zx8", "1-Spec", "!"] {
        redactor.push(chunk.as_bytes(), &mut out);
        redactor.release(&mut out);
    }
    redactor.finish(&mut out);
    assert_eq!(out.escape_ascii().to_string(), "Zxy ZZx81-Spec!");
}

#[test]
fn a_secret_of_a_new_guard_is_found_in_buffered_bytes() {
    let mut redactor = Redactor::new(Arc::new(Guard::new([("a", "Zx81-Spectrum-48K")])));
    let mut out = Vec::new();
    redactor.push(b"Zx81-Spec", &mut out);
    assert_eq!(out, b"");
    redactor.set_guard(Arc::new(Guard::new([("a", "Zx81-Spectrum-48K"), ("b", "81-Special")])));
    redactor.push(b"ial", &mut out);
    redactor.finish(&mut out);
    assert_eq!(out.escape_ascii().to_string(), "Zx[REDACTED:b]");
}

#[test]
fn a_writer_returns_the_errors_of_the_inner_writer() {
    use std::io::{self, Write};

    struct Full;
    impl Write for Full {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::StorageFull.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let mut writer = RedactingWriter::new(Full, Arc::new(Guard::new([("token", "Zx81-Spectrum-48K")])));
    assert_eq!(writer.write_all(b"text").unwrap_err().kind(), io::ErrorKind::StorageFull);
    assert_eq!(writer.write_all(b"Zx81").ok(), Some(()), "buffered bytes are not written yet");
    assert_eq!(writer.finish().unwrap_err().kind(), io::ErrorKind::StorageFull);
}
