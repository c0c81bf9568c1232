//! The search for secrets in a text and in its views.

use crate::{
    Encoding, Guard,
    classes::Blocks,
    scanner::Position,
    views::{self, View, Views},
};

/// A pattern that was found.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Match {
    pub(crate) start: usize,
    pub(crate) end: usize,
    /// The number of the pattern.
    pub(crate) pattern: u32,
    pub(crate) encoding: Encoding,
}

/// The part of a text in which all searches are done, one after the other.
const CHUNK: usize = 16 * 1024;

/// How a pattern occurs.
enum Word {
    /// As a whole word, which ends there, or it need not be one.
    Whole(usize),
    /// As a part of a word.
    Part,
    /// The next byte decides.
    Undecided,
}

/// The end of a text that may be the beginning of a secret.
#[derive(Default)]
pub(crate) struct Pending {
    /// Where the text has to be kept.
    pub(crate) keep_from: usize,
    /// Where it must not be written yet.
    pub(crate) hold_from: usize,
    /// The longest beginning of a secret: where it begins, and the number of its pattern.
    pub(crate) partial: Option<(usize, u32)>,
    /// The views of the end of the text.
    views: Vec<View>,
}

impl Pending {
    /// Returns an offset of at most `at` that is inside no escape: a view of the text after it reads the same escapes.
    pub(crate) fn floor(&self, mut at: usize) -> usize {
        loop {
            let lower = self.views.iter().map(|view| view.floor(at)).min().unwrap_or(at);
            if lower >= at {
                return at;
            }
            at = lower;
        }
    }

    /// Returns whether the byte before `at` is a part of an escape.
    pub(crate) fn has_escape_before(&self, at: usize) -> bool {
        self.views.iter().any(|view| view.has_escape_before(at))
    }

    fn keep(&mut self, from: usize, hold_from: Option<usize>) {
        self.keep_from = self.keep_from.min(from);
        self.hold_from = self.hold_from.min(hold_from.unwrap_or(self.hold_from));
    }

    fn add_partial(&mut self, start: usize, pattern: u32) {
        if self.partial.is_none_or(|(known, _)| start < known) {
            self.partial = Some((start, pattern));
        }
    }
}

impl Guard {
    /// Calls `found` with each secret in `text`, in no particular order, and returns what its end may begin.
    ///
    /// `previous` is the byte before the text. If the text `is_last`, it begins nothing.
    pub(crate) fn search(
        &self,
        text: &[u8],
        previous: Option<u8>,
        is_last: bool,
        found: &mut dyn FnMut(Match),
    ) -> Pending {
        let mut pending = Pending { keep_from: text.len(), hold_from: text.len(), ..Pending::default() };
        let (mut undecided, mut position) = (text.len(), Position::default());
        let mut blocks = Blocks::new(text, self.scanner.tokens()).with_source(self.filter.source());
        let mut views = Views::new(text, previous, is_last, &self.scanner, &self.filter);
        let mut until = 0;
        while until < text.len() {
            // Part by part, so that all searches find the text in the cache.
            until = text.len().min(until + CHUNK);
            let around = (previous, None);
            let mut check = |start, pattern, found: &mut dyn FnMut(Match)| match self
                .check_word(text, around, is_last, start, pattern)
            {
                Word::Whole(end) => {
                    let encoding = self.patterns[pattern as usize].encoding;
                    found(Match { start, end, pattern, encoding });
                }
                Word::Undecided => undecided = undecided.min(start),
                Word::Part => {}
            };
            self.scanner.advance(text, &mut position, until, &mut |start, pattern| {
                check(start, pattern, found);
            });
            while let Some((offset, classes)) = blocks.next_before(until) {
                if classes.has_tokens() {
                    self.scanner.advance_in_block(text, &mut position, offset, &mut |start, pattern| {
                        check(start, pattern, found);
                    });
                }
                views.add_block(offset, classes, &mut |view| {
                    self.search_view(text, previous, is_last, view, &mut pending, found);
                });
            }
        }
        views.finish(&mut |view| {
            self.search_view(text, previous, is_last, view, &mut pending, found);
        });
        if !is_last {
            pending.keep(undecided, Some(undecided));
            if let Some((length, pattern)) = self.scanner.partial_match(text) {
                let start = text.len() - length;
                pending.keep(start, Some(start));
                pending.add_partial(start, pattern);
            }
        }
        let is_secret = |(start, _): &(usize, u32)| {
            text.len() - start > views::MAX_RELEASED && !is_header(&text[*start..])
        };
        pending.partial = pending.partial.filter(is_secret);
        pending
    }

    /// Searches a view of the text.
    fn search_view(
        &self,
        text: &[u8],
        previous: Option<u8>,
        is_last: bool,
        view: View,
        pending: &mut Pending,
        found: &mut dyn FnMut(Match),
    ) {
        // A list of numbers is no part of the word before it.
        let before = match view.base().checked_sub(1) {
            _ if view.list().is_some() => None,
            Some(at) => Some(text[at]),
            None => previous,
        };
        let is_complete = is_last || !view.is_end;
        let mut undecided = view.bytes.len();
        self.scanner.find(&view.bytes, &mut |start, pattern| {
            match self.check_word(&view.bytes, (before, view.next), is_complete, start, pattern) {
                // The text column beside it has yet to come.
                Word::Whole(end) if !is_complete && view.open_from.is_some_and(|from| end > from) => {
                    undecided = undecided.min(start);
                }
                Word::Whole(end) => {
                    let (start, end) = view.source(start, end);
                    let encoding = self.encoding_in_view(pattern, &view, &text[start..end]);
                    found(Match { start, end, pattern, encoding });
                }
                Word::Undecided => undecided = undecided.min(start),
                Word::Part => {}
            }
        });
        if is_complete {
            return;
        }
        let partial = self.scanner.partial_match(&view.bytes);
        let length = partial.map_or(0, |(length, _)| length).max(view.bytes.len() - undecided);
        if let Some(tail) = view.tail(length) {
            pending.keep(tail.keep_from, tail.hold_from);
            let partial = partial.filter(|_| tail.bytes > views::MAX_RELEASED);
            if let (Some(from), Some((_, pattern))) = (tail.hold_from, partial) {
                pending.add_partial(from, pattern);
            }
        }
        pending.views.push(view);
    }

    /// Returns how the pattern at `start` of `bytes` occurs, as a word or as a part of one. `around` are the bytes before and behind `bytes`.
    fn check_word(
        &self,
        bytes: &[u8],
        around: (Option<u8>, Option<u8>),
        is_last: bool,
        start: usize,
        pattern: u32,
    ) -> Word {
        let end = start + self.scanner.pattern(pattern).len();
        if self.patterns[pattern as usize].whole_word {
            let before = start.checked_sub(1).map_or(around.0, |at| Some(bytes[at]));
            let after = bytes.get(end).copied().or(around.1);
            if before.is_some_and(is_word) || after.is_some_and(is_word) {
                return Word::Part;
            }
            if after.is_none() && !is_last {
                return Word::Undecided;
            }
        }
        Word::Whole(end)
    }

    /// Returns the encoding of a pattern that was found in a view, which stands for the `source`.
    fn encoding_in_view(&self, pattern: u32, view: &View, source: &[u8]) -> Encoding {
        match (self.patterns[pattern as usize].encoding, view.list()) {
            (Encoding::Plain, Some(list)) => list,
            (Encoding::Plain, None) => match source.iter().find(|byte| b"%&\\".contains(byte)) {
                Some(b'%') => Encoding::Percent,
                Some(b'&') => Encoding::Xml,
                Some(_) => Encoding::Backslash,
                None => Encoding::Plain,
            },
            (encoding, _) => encoding,
        }
    }
}

/// Returns whether the beginning of a value is the first line of a PEM file at most, which is public. Other texts end with dashes, too.
fn is_header(beginning: &[u8]) -> bool {
    let after = beginning.iter().position(|byte| *byte == b'\n').map_or(0, |end| beginning.len() - end - 1);
    beginning.starts_with(b"---") && after <= views::MAX_RELEASED
}

/// Returns whether `byte` continues a word, so that a word next to it does not match.
const fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use crate::{Guard, Redactor};

    #[test]
    fn a_word_near_an_escape_ends_where_it_ends_in_the_text() {
        let guard = Guard::new([("stage", "deploy")]);
        for distance in 0..80 {
            let space = ".".repeat(distance);
            let word = format!(r"d\u0065plo{space} deploy-3\n");
            let part = format!(r"d\u0065plo{space} deploys\n");
            assert_eq!(guard.redact_text(&word), format!(r"d\u0065plo{space} [REDACTED:stage]-3\n"));
            assert_eq!(guard.redact_text(&part), part);
            // The letter of an escape is no part of the word behind it.
            let line = format!(r"{space}\ndeploy\n");
            assert_eq!(guard.redact_text(&line), format!(r"{space}\n[REDACTED:stage]\n"));
        }
    }

    #[test]
    fn numbers_are_found_however_they_are_written_and_in_every_piece() {
        let value = "k3Jq-71xT/wQz9vB2m";
        let guard = Arc::new(Guard::new([("token", value)]));
        let numbers: Vec<String> = value.bytes().map(|byte| format!("0x{byte:02x}")).collect();
        let digits = numbers.concat().replace("0x", "");
        let words: Vec<_> = digits.as_bytes().chunks(8).map(String::from_utf8_lossy).collect();
        let colored: Vec<String> = numbers.iter().map(|number| format!("\x1b[31m{number}\x1b[0m")).collect();
        for text in [
            format!("total=2{}.", numbers.join(":")),
            format!("0x70 {}.", words.join(" | ")),
            format!("[\x1b[31m7\x1b[0m,{}.", colored.join("\x1b[1m,\n \x1b[0m")),
        ] {
            for size in 1..text.len() {
                let redacted = in_pieces(&guard, &text, size);
                let end = redacted.trim_end_matches("\x1b[0m.").trim_end_matches('.');
                assert!(end.ends_with("[REDACTED:token]"), "{size}: {redacted}");
                assert!(!redacted.contains("4a"), "{size}: {redacted}");
            }
        }
    }

    #[test]
    fn a_dump_is_redacted_with_its_text_columns_in_every_piece() {
        let guard = Arc::new(Guard::new([("token", "k3Jq-71xT/wQz9vB2m")]));
        for text in [
            "00000000: 2e6b 334a 712d 3731 7854 2f77 517a 3976  .k3Jq-71xT/wQz9v\n00000010: 4232 6d0a                                B2m.\n",
            "00000000: 6b334a71 2d373178 542f7751 7a397642  k3Jq-71xT/wQz9vB\n00000010: 326d0a                               2m.\n",
            "00000000: 00101110 01101011 00110011 01001010 01110001 00101101  .k3Jq-\n00000006: 00110111 00110001 01111000 01010100 00101111 01110111  71xT/w\n0000000c: 01010001 01111010 00111001 01110110 01000010 00110010  Qz9vB2\n00000012: 01101101 00001010                                      m.\n",
            "000000 2e 6b 33 4a 71 2d 37 31 78 54 2f 77 51 7a 39 76  >.k3Jq-71xT/wQz9v<\n000010 42 32 6d  >B2m<\n000013\n",
            "000000 6b2e 4a33 2d71 3137 5478 772f 7a51 7639\n000010 3242 006d\n000013\n",
            "0000000  8660764226723918699  4789078451270659924  >k3Jq-71xT/wQz9vB<\n0000020               683314  >2m.<\n0000023\n",
            "00000000: 714a336b 7831372d 51772f54 4276397a  k3Jq-71xT/wQz9vB\n00000010:   0a6d32                             2m.\n",
            "00000000  6b 33 4a 71 2d 37 31 78  54 2f 77 51 7a 39 76 42  |k3Jq-71xT/wQz9vB|\n00000010  32 6d 0a                                          |2m.|\n00000013\n",
            "0000000 7831372d714a336b 4276397a51772f54  >k3Jq-71xT/wQz9vB<\n0000020 00000000000a6d32  >2m.<\n0000023\n",
            "\x1b[3m00000000\x1b[0m: \x1b[1;31m6b33\x1b[0m 4a71 2d37 3178 542f 7751 7a39 7642  \x1b[1mk3Jq-71xT/wQz9vB\x1b[0m\n00000010: 326d  2m\n",
        ] {
            for size in 1..=text.len() {
                let redacted = in_pieces(&guard, text, size);
                assert!(redacted.contains("[REDACTED:token]"), "{size}: {redacted}");
                assert!(!redacted.contains("9v") && !redacted.contains("2m"), "{size}: {redacted}");
            }
        }
        // The offset may come after other text, and the cut right behind it.
        let key = Arc::new(Guard::new([("key", (130..162).collect::<Vec<u8>>())]));
        let text = "INFO 00000000  82 83 84 85 86 87 88 89  8a 8b 8c 8d 8e 8f 90 91  |................|\n00000010  92 93 94 95 96 97 98 99  9a 9b 9c 9d 9e 9f a0 a1  |................|\n";
        for size in 1..=text.len() {
            assert!(in_pieces(&key, text, size).contains("[REDACTED:key]"), "{size}");
        }
        // Text beside numbers is no column.
        let line = "1732924800 | 7 | [107, 51, 74, 113, 45, 55, 49, 120, 84, 47, 119, 81, 122, 57, 118, 66, 50, 109] done\n";
        assert_eq!(guard.redact_text(line), "1732924800 | 7 | [[REDACTED:token]] done\n");
    }

    #[test]
    fn characters_in_cells_are_redacted_in_every_piece() {
        let guard = Arc::new(Guard::new([("token", "k3Jq-71xT/wQz9vB2m"), ("pass", "p\u{e4}ss wort\t7")]));
        for text in [
            "0000000   k   3   J   q   -   7   1   x   T   /   w   Q   z   9   v   B\n0000020   2   m  \\n\n0000023\n",
            "   k   3   J   q   -   7   1   x   T   /   w   Q   z   9   v   B\n   2   m  nl\n",
            "INFO 0000000   k   3   J   q   -   7   1   x   T   /   w   Q   z   9   v   B\r\n0000010   2   m                    \r\n0000012\r\n",
            "000000   a   n   d       e   s   c   a   p   e  \\n   s  \\0   k   3   J\n000010   q   -   7   1   x   T   /   w   Q   z   9   v   B   2   m\n00001f\n",
        ] {
            for size in 1..=text.len() {
                let redacted = in_pieces(&guard, text, size);
                assert!(redacted.contains("[REDACTED:token]"), "{size}: {redacted}");
                assert!(!redacted.contains("   q") && !redacted.contains("   m"), "{size}: {redacted}");
            }
        }
        for text in [
            "0000000   p 303 244   s   s       w   o   r   t  \\t   7\n0000014\n",
            "0000000   p 303 244   s   s  sp   w   o   r   t  ht   7\n0000014\n",
        ] {
            for size in 1..=text.len() {
                let redacted = in_pieces(&guard, text, size);
                let before = redacted.strip_suffix("[REDACTED:pass]\n0000014\n");
                // Up to two bytes are written before the rest of them arrives.
                assert!(
                    before.is_some_and(|before| "0000000   p 303 ".starts_with(before)),
                    "{size}: {redacted}"
                );
            }
        }
        let table = "   1   2   3   4\n   k   3   J   q\n";
        assert_eq!(guard.redact_text(table), table);
    }

    #[test]
    fn escaped_values_are_found_in_random_bytes() {
        let value = "k3Jq-71xT/wQz9vB2m";
        let guard = Arc::new(Guard::new([("token", value)]));
        let each = |escape: &dyn Fn(u8) -> String| value.bytes().map(escape).collect::<String>();
        let mut random = fastrand::Rng::with_seed(1);
        for written in [
            each(&|byte| format!("%{byte:02x}")),
            each(&|byte| format!("%25{byte:02X}")),
            each(&|byte| format!("\\u{byte:04x}")),
            each(&|byte| format!("&#{byte};")),
            each(&|byte| format!("{}\x1b[1m", char::from(byte))),
            each(&|byte| format!("{byte}, ")),
            value.replace('/', "%2f"),
            value.replace('/', "\\/"),
            value.replace("3J", "3\x1b]0;\u{1f511} t\u{ef}tre\x07J"),
        ] {
            for _ in 0..20 {
                // A title of a window could go on with the value.
                let mut text: Vec<u8> = (0..8192).map(|_| random.u8(0x1c..)).collect();
                let at = random.usize(..text.len());
                text.splice(at..at, format!("\n{written}").bytes());
                let redacted = guard.redact(&text);
                assert_eq!(&redacted[..at], &text[..at], "{written:?} at {at}");
                assert!(redacted[at..].starts_with(b"\n[REDACTED:token]"), "{written:?} at {at}");
            }
        }
    }

    /// Redacts a text that arrives in pieces of `size` bytes.
    fn in_pieces(guard: &Arc<Guard>, text: &str, size: usize) -> String {
        let (mut redactor, mut redacted) = (Redactor::new(guard.clone()), Vec::new());
        for piece in text.as_bytes().chunks(size) {
            redactor.push(piece, &mut redacted);
        }
        redactor.finish(&mut redacted);
        String::from_utf8_lossy(&redacted).into_owned()
    }
}
