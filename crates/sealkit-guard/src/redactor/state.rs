//! The state of a redactor: the buffered bytes and the marker that was written last.

use crate::{Guard, patterns::is_base64, search::Pending, views::MAX_RELEASED, zeroizing::ZeroizingBytes};

/// A larger buffer is not searched again for every chunk.
const LARGE_BUFFER: usize = 64 * 1024;

/// The state of a redactor between two chunks.
#[derive(Default)]
pub(crate) struct State {
    buffer: ZeroizingBytes,
    /// The number of bytes at the end of the buffer that were not searched yet.
    unsearched: usize,
    /// The number of bytes at the start of the buffer that were already written.
    released: usize,
    /// The byte before the buffer.
    previous: Option<u8>,
    /// The marker, if it was the last thing written.
    marker: Option<Marker>,
}

struct Marker {
    name: String,
    /// Whether base64 characters that follow belong to the secret.
    is_open: bool,
}

/// A range of the buffer that is replaced by one marker: overlapping matches and the base64 characters after them.
struct Span {
    start: usize,
    /// The end of the matches.
    match_end: usize,
    /// The end of the base64 characters that follow a match.
    base64_end: usize,
    /// The secret of the first match. `None` if the span continues the secret before the buffer.
    secret: Option<u32>,
}

impl Span {
    fn end(&self) -> usize {
        self.match_end.max(self.base64_end)
    }
}

/// How a text ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// More of it may follow.
    Open,
    /// It is complete.
    Whole,
    /// Nothing follows, but something may be missing.
    Cut,
}

impl State {
    /// Redacts `chunk` and appends to `out` all bytes that cannot be the beginning of a secret. All bytes are appended at the `end`.
    pub(crate) fn advance(&mut self, guard: &Guard, chunk: &[u8], end: End, out: &mut Vec<u8>) {
        self.buffer.extend(chunk);
        self.unsearched += chunk.len();
        // The buffer is this large only while a long secret is incomplete. Searching it again for every chunk would take
        // quadratic time.
        if end == End::Open && self.buffer.len() > LARGE_BUFFER && self.unsearched < self.buffer.len() / 16 {
            return;
        }
        self.search(guard, end, out);
    }

    fn search(&mut self, guard: &Guard, end: End, out: &mut Vec<u8>) {
        self.unsearched = 0;
        let (spans, pending) = self.spans(guard, end);
        let text = &self.buffer;
        let mut limit = if end == End::Open { pending.floor(pending.keep_from) } else { text.len() };
        // A secret that ends behind the limit may be part of a longer match: keep all of it in the buffer.
        while let Some(split) = spans.iter().find(|span| span.start < limit && limit < span.match_end) {
            limit = pending.floor(split.start);
        }

        let mut at = 0;
        for span in spans.iter().take_while(|span| span.start < limit) {
            if at < span.start {
                out.extend_from_slice(text.get(at.max(self.released)..span.start).unwrap_or_default());
                self.marker = None;
            }
            let is_open = span.base64_end >= limit;
            match (span.secret, &mut self.marker) {
                (None, Some(marker)) => marker.is_open = is_open,
                (Some(secret), Some(marker)) if marker.name == guard.name(secret) => marker.is_open = is_open,
                (Some(secret), _) => {
                    let name = guard.name(secret);
                    out.extend_from_slice(format!("[REDACTED:{name}]").as_bytes());
                    self.marker = Some(Marker { name: name.to_owned(), is_open });
                }
                (None, None) => {}
            }
            at = span.end().min(limit);
        }
        if at < limit {
            out.extend_from_slice(text.get(at.max(self.released)..limit).unwrap_or_default());
            self.marker = None;
        }
        let is_kept_only = limit < pending.hold_from && spans.iter().all(|span| span.end() <= limit);
        if limit > 0 {
            // The letter at the end of an escape is no part of a word.
            self.previous = (!pending.has_escape_before(limit)).then(|| text[limit - 1]);
            self.released = self.released.saturating_sub(limit);
            self.buffer.drain(limit);
        }
        // The numbers at the end of the text are written, but kept: they may begin a list.
        if end == End::Open && is_kept_only {
            self.write_until(pending.hold_from - limit, out);
        }
    }

    /// Returns the number of bytes that are in the buffer and not released.
    pub(super) fn buffered(&self) -> usize {
        self.buffer.len() - self.released
    }

    /// Appends the buffered bytes to `out` if there are at most two, with those that were released before. They stay in the buffer.
    pub(super) fn release(&mut self, guard: &Guard, out: &mut Vec<u8>) {
        if self.unsearched > 0 {
            self.search(guard, End::Open, out);
        }
        let is_open = self.marker.as_ref().is_some_and(|marker| marker.is_open);
        if self.buffer.len() <= MAX_RELEASED && !is_open {
            self.write_until(self.buffer.len(), out);
        }
    }

    /// Appends the first bytes of the buffer to `out`, which stay in it.
    fn write_until(&mut self, end: usize, out: &mut Vec<u8>) {
        if self.released < end {
            out.extend_from_slice(&self.buffer[self.released..end]);
            self.released = end;
            self.marker = None;
        }
    }

    /// Returns the spans of the buffer, and what its end may begin.
    fn spans(&self, guard: &Guard, end: End) -> (Vec<Span>, Pending) {
        let text = &self.buffer;
        let mut found: Vec<(usize, usize, u32)> = Vec::new();
        let pending = guard.search(text, self.previous, end == End::Whole, &mut |matched| {
            found.push((matched.start, matched.end, matched.pattern));
        });
        if end == End::Cut {
            // What a next byte would decide is a whole word now.
            guard.search(text, self.previous, true, &mut |matched| {
                found.push((matched.start, matched.end, matched.pattern));
            });
            found.extend(pending.partial.map(|(start, pattern)| (start, text.len(), pattern)));
        }
        let secret = |id: u32| guard.patterns[id as usize].secret;
        // Of the matches that start together, the longest comes first and names the span.
        found.sort_unstable_by_key(|(start, end, id)| (*start, usize::MAX - end, secret(*id)));

        let end_of_base64 = |from: usize| {
            from + text[from..].iter().take_while(|byte| is_base64(**byte) || **byte == b'=').count()
        };
        let mut spans: Vec<Span> = Vec::new();
        if self.marker.as_ref().is_some_and(|marker| marker.is_open) {
            spans.push(Span { start: 0, match_end: 0, base64_end: end_of_base64(0), secret: None });
        }
        let name = |span: &Span| match span.secret {
            Some(secret) => guard.name(secret),
            None => self.marker.as_ref().map_or("", |marker| &marker.name),
        };
        for (start, end, id) in found {
            let base64_start = guard.patterns[id as usize].encoding.extends_over_base64().then_some(end);
            match spans.last_mut() {
                Some(last)
                    if start < last.end()
                        || (start == last.end() && name(last) == guard.name(secret(id))) =>
                {
                    last.match_end = last.match_end.max(end);
                    if let Some(base64_start) = base64_start.filter(|start| *start > last.base64_end) {
                        last.base64_end = end_of_base64(base64_start);
                    }
                }
                _ => {
                    let base64_end = base64_start.map_or(0, end_of_base64);
                    spans.push(Span { start, match_end: end, base64_end, secret: Some(secret(id)) });
                }
            }
        }
        (spans, pending)
    }
}
