//! What is held back of a text, and what is shown in its place.

use crate::{Guard, forms::is_base64, wiped::Wiped};

const LONG: usize = 64 * 1024;

/// What is known of the text so far.
#[derive(Default)]
pub(crate) struct State {
    held: Wiped,
    /// How many of the held bytes were not searched yet.
    unsearched: usize,
    /// How many of the held bytes were shown already.
    shown: usize,
    /// The byte before those.
    last: Option<u8>,
    /// The marker that was written, if nothing else was since.
    marker: Option<Marker>,
}

struct Marker {
    name: String,
    /// Whether the characters of base64 that follow belong to the secret.
    runs_on: bool,
}

/// Secrets that overlap, and what belongs to them.
struct Cluster {
    start: usize,
    /// Where the secrets end.
    end: usize,
    /// Where the characters of base64 end that follow one of them.
    run: usize,
    /// The secret that starts first; none if it is the one before the text.
    secret: Option<u32>,
}

impl Cluster {
    fn covers(&self) -> usize {
        self.end.max(self.run)
    }
}

impl State {
    /// Takes `chunk`, and adds to `out` what is safe to show: all of it if this is the `end`.
    pub(crate) fn advance(&mut self, guard: &Guard, chunk: &[u8], end: bool, out: &mut Vec<u8>) {
        self.held.extend(chunk);
        self.unsearched += chunk.len();
        // So much is held back only while most of a long secret has come. Looking again at every byte of it would take long.
        if !end && self.held.len() > LONG && self.unsearched < self.held.len() / 16 {
            return;
        }
        self.search(guard, end, out);
    }

    fn search(&mut self, guard: &Guard, end: bool, out: &mut Vec<u8>) {
        self.unsearched = 0;
        let (clusters, waiting) = self.clusters(guard, end);
        let text = &self.held;
        let mut limit =
            if end { text.len() } else { waiting.min(text.len() - guard.scanner.beginning(text)) };
        // A secret is shown, that is, marked, when it is known where it ends.
        if let Some(cut) = clusters.iter().find(|cluster| cluster.start < limit && limit < cluster.end) {
            limit = cut.start;
        }

        let mut at = 0;
        for cluster in clusters.iter().take_while(|cluster| cluster.start < limit) {
            if at < cluster.start {
                out.extend_from_slice(text.get(at.max(self.shown)..cluster.start).unwrap_or_default());
                self.marker = None;
            }
            let runs_on = cluster.run >= limit;
            match (cluster.secret, &mut self.marker) {
                (None, Some(marker)) => marker.runs_on = runs_on,
                (Some(secret), Some(marker)) if marker.name == guard.name(secret) => marker.runs_on = runs_on,
                (Some(secret), _) => {
                    let name = guard.name(secret);
                    out.extend_from_slice(format!("[REDACTED:{name}]").as_bytes());
                    self.marker = Some(Marker { name: name.to_owned(), runs_on });
                }
                (None, None) => {}
            }
            at = cluster.covers().min(limit);
        }
        if at < limit {
            out.extend_from_slice(text.get(at.max(self.shown)..limit).unwrap_or_default());
            self.marker = None;
        }
        if limit > 0 {
            self.last = Some(text[limit - 1]);
            self.shown = self.shown.saturating_sub(limit);
            self.held.drain(limit);
        }
    }

    pub(super) fn held(&self) -> usize {
        self.held.len() - self.shown
    }

    /// Shows what is held back, if that is a byte or two, and keeps it.
    pub(super) fn release(&mut self, guard: &Guard, out: &mut Vec<u8>) {
        if self.unsearched > 0 {
            self.search(guard, false, out);
        }
        let runs_on = self.marker.as_ref().is_some_and(|marker| marker.runs_on);
        if (1..=2).contains(&self.held()) && !runs_on {
            out.extend_from_slice(&self.held[self.shown..]);
            self.shown = self.held.len();
            self.marker = None;
        }
    }

    /// The secrets in the held text, merged where they overlap, and where something begins that the next byte decides.
    fn clusters(&self, guard: &Guard, end: bool) -> (Vec<Cluster>, usize) {
        let text = &self.held;
        let mut waiting = text.len();
        let mut found: Vec<(usize, usize, u32)> = Vec::new();
        guard.scanner.find(text, |start, id| {
            let stop = start + guard.scanner.pattern(id).len();
            if guard.marks[id as usize].alone {
                let before = start.checked_sub(1).map_or(self.last, |at| Some(text[at]));
                if before.is_some_and(is_word) || text.get(stop).copied().is_some_and(is_word) {
                    return;
                }
                if stop == text.len() && !end {
                    waiting = waiting.min(start);
                    return;
                }
            }
            found.push((start, stop, id));
        });
        let secret = |id: u32| guard.marks[id as usize].secret;
        found.sort_unstable_by_key(|(start, stop, id)| (*start, usize::MAX - stop, secret(*id)));

        let run_from = |from: usize| {
            from + text[from..].iter().take_while(|byte| is_base64(**byte) || **byte == b'=').count()
        };
        let mut clusters: Vec<Cluster> = Vec::new();
        if self.marker.as_ref().is_some_and(|marker| marker.runs_on) {
            clusters.push(Cluster { start: 0, end: 0, run: run_from(0), secret: None });
        }
        let name = |cluster: &Cluster| match cluster.secret {
            Some(secret) => guard.name(secret),
            None => self.marker.as_ref().map_or("", |marker| &marker.name),
        };
        for (start, stop, id) in found {
            let run = if guard.marks[id as usize].form.runs_on() { stop } else { 0 };
            match clusters.last_mut() {
                Some(last)
                    if start < last.covers()
                        || (start == last.covers() && name(last) == guard.name(secret(id))) =>
                {
                    last.end = last.end.max(stop);
                    if run > last.run {
                        last.run = run_from(run);
                    }
                }
                _ => {
                    let run = if run > 0 { run_from(run) } else { 0 };
                    clusters.push(Cluster { start, end: stop, run, secret: Some(secret(id)) });
                }
            }
        }
        (clusters, waiting)
    }
}

/// Whether a weak value that touches this byte is part of a longer word.
const fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}
