//! Views of a text: the text with its escapes resolved, or the bytes that its lists of numbers stand for.
//!
//! Every library escapes other characters. So the guard does not search for each way to escape a value: it resolves the escapes of the
//! text, and searches the result for the value. Only the surroundings of escapes and lists of numbers are looked at.

mod cells;
mod entities;
mod escapes;
mod filter;
mod numbers;
mod relevance;
mod view;

use self::{
    cells::Cells,
    escapes::{BACKSLASH, ENTITY, PERCENT, Style, TERMINAL, Unit, unit},
    numbers::Lists,
    relevance::Relevance,
};
pub(crate) use self::{escapes::kind, filter::Filter, numbers::MAX_NUMBER, view::View};
use crate::{
    classes::{Blocks, Classes, MIN_LIST, NO_TOKENS, NUMBERS},
    scanner::Scanner,
    zeroizing::ZeroizingBytes,
};

/// How much of a text is viewed at once.
const PIECE: usize = 1 << 20;
/// The largest number of bytes that stand for one byte, if the text was escaped twice.
pub(crate) const MAX_EXPANSION: usize = 24;
/// The longest text between two sequences for a terminal in a list of numbers: the text column of a line of a dump.
const MAX_COLUMN: usize = 96;
/// How many bytes of a value may be written before the rest of it arrives.
pub(crate) const MAX_RELEASED: usize = 2;

/// Resolves the escapes with backslashes of a text, as in quotes.
pub(crate) fn without_backslashes(text: &[u8]) -> ZeroizingBytes {
    View::unescape(text, Style { kinds: BACKSLASH, hex_pairs: false }, true).bytes
}

/// Resolves the character references of a text, as in XML.
pub(crate) fn without_entities(text: &[u8]) -> ZeroizingBytes {
    View::unescape(text, Style { kinds: ENTITY, hex_pairs: false }, true).bytes
}

/// Resolves the percent-encoding of a text, as in URLs.
pub(crate) fn without_percent(text: &[u8]) -> ZeroizingBytes {
    View::unescape(text, Style { kinds: PERCENT, hex_pairs: false }, true).bytes
}

/// A part of a text with sequences for a terminal.
struct Sequences {
    from: usize,
    to: usize,
    /// The number of bytes between them.
    between: usize,
}

/// A search for escapes and lists of numbers, which advances block by block.
pub(crate) struct Views<'f, 't> {
    text: &'t [u8],
    scanner: &'f Scanner,
    filter: &'f Filter,
    /// If the text is not the last one, an escape at its end may be incomplete.
    is_last: bool,
    /// The part of the text around the last escapes.
    zone: Option<(usize, usize)>,
    /// The part of the text with the last sequences for a terminal.
    sequences: Option<Sequences>,
    lists: Lists,
    cells: Cells,
}

impl<'f, 't> Views<'f, 't> {
    /// Creates a search of `text`, which comes after the byte `previous`.
    pub(crate) fn new(
        text: &'t [u8],
        previous: Option<u8>,
        is_last: bool,
        scanner: &'f Scanner,
        filter: &'f Filter,
    ) -> Self {
        Self {
            text,
            scanner,
            filter,
            is_last,
            zone: None,
            sequences: None,
            lists: Lists::new(previous),
            cells: Cells::new(previous),
        }
    }

    /// Searches the next block, which begins at `offset`, and calls `visit` with each view of what is complete.
    pub(crate) fn add_block(&mut self, offset: usize, classes: Classes, visit: &mut dyn FnMut(View)) {
        let text = self.text;
        self.lists.add_block(text, offset, classes, self.is_last, self.filter, visit);
        self.cells.add_block(text, offset, classes, self.is_last, self.filter, visit);
        let relevance = Relevance { scanner: self.scanner, filter: self.filter, is_last: self.is_last };
        for at in classes.escapes() {
            let at = offset + at;
            let kind = kind(text[at]);
            // Compressed data has many bytes that begin no escape.
            if text.get(at + 1).is_some_and(|next| self.filter.kinds_before(*next) & kind == 0) {
                continue;
            }
            if kind == TERMINAL {
                let end = self.add_sequence(at, visit);
                // Another escape may follow. Where the next one is a sequence, too, that decides.
                let next = &text[end..text.len().min(end + relevance::AFTER)];
                let is_last = next.len() < relevance::AFTER && !self.is_last;
                let other = next.iter().map(|byte| escapes::kind(*byte)).find(|kind| *kind != 0);
                if !is_last && matches!(other, None | Some(TERMINAL)) {
                    continue;
                }
            }
            if let Some(end) = relevance.end_of_first(text, at, Style::ALL) {
                self.add_escape(at, end, visit);
            }
        }
    }

    /// Calls `visit` with the views of the end of the text.
    pub(crate) fn finish(mut self, visit: &mut dyn FnMut(View)) {
        if let Some((from, to)) = self.zone.take() {
            self.view_zone(from, to, visit);
        }
        if let Some(last) = self.sequences.take() {
            self.view_without_sequences(&last, visit);
        }
        if !self.is_last {
            self.lists.finish(self.text, self.filter, visit);
            self.cells.finish(self.text, self.filter, visit);
        }
    }

    /// Adds the escape from `at` to `end` to the zone, or begins another one, if it may be a part of what is written for a pattern.
    fn add_escape(&mut self, at: usize, end: usize, visit: &mut dyn FnMut(View)) {
        let reach = self.scanner.longest() + MAX_EXPANSION;
        if let Some((_, to)) = &mut self.zone
            && at < *to
        {
            // Each byte is looked at once, however long the patterns are.
            *to = self.filter.source_until(self.text, end.max(*to), end + reach + 1);
            return;
        }
        let Some((from, to)) = self.filter.source_around(self.text, at, end, reach) else { return };
        match &mut self.zone {
            Some((_, end)) if from <= *end => *end = to,
            _ => {
                if let Some((from, to)) = self.zone.replace((from, to)) {
                    self.view_zone(from, to, visit);
                }
            }
        }
    }

    fn view_zone(&self, from: usize, to: usize, visit: &mut dyn FnMut(View)) {
        pieces(from, to, self.scanner.longest().saturating_mul(MAX_EXPANSION), |start, end| {
            let is_last = self.is_last || end < self.text.len();
            unescape_twice(&self.text[start..end], start, self.text.get(end).copied(), is_last, visit);
        });
    }

    /// Adds the sequence for a terminal at `at` to those before it, unless that is too far away. Returns where it ends.
    fn add_sequence(&mut self, at: usize, visit: &mut dyn FnMut(View)) -> usize {
        let end = match unit(&self.text[at..], Style::TERMINAL) {
            Unit::Escape { length, .. } => at + length,
            Unit::Incomplete => self.text.len(),
            Unit::Literal => return at + 1,
        };
        // The view of a part has so much of the text around it.
        let distance = self.scanner.longest().max(MAX_COLUMN);
        match &mut self.sequences {
            Some(last)
                if at <= last.to + distance && self.filter.may_be_source(&self.text[last.to.min(at)..at]) =>
            {
                last.between += at.saturating_sub(last.to);
                last.to = end;
            }
            _ => {
                if let Some(last) = self.sequences.replace(Sequences { from: at, to: end, between: 0 }) {
                    self.view_without_sequences(&last, visit);
                }
            }
        }
        end
    }

    /// Calls `visit` with the view of the text around these sequences for a terminal, and with its lists of numbers.
    fn view_without_sequences(&self, sequences: &Sequences, visit: &mut dyn FnMut(View)) {
        let Sequences { from, to, between } = *sequences;
        let (text, longest) = (self.text, self.scanner.longest());
        let is_number = |byte: &&u8| NUMBERS.contains(**byte);
        let reach = longest.saturating_mul(MAX_NUMBER);
        let before = text[from.saturating_sub(reach)..from].iter().rev().take_while(is_number).count();
        let after = text[to..text.len().min(to + reach)].iter().take_while(is_number).count();
        let (start, end) = self.filter.source_around(text, from, to, longest).unwrap_or((from, to));
        let (start, end) = (start.min(from - before), end.max(to + after));
        // Compressed data has bytes that look like a sequence, in too little text for a pattern.
        let is_short = from - start + between + end - to < self.filter.shortest().min(MIN_LIST);
        if is_short && (self.is_last || end < text.len()) {
            return;
        }
        pieces(start, end, reach, |start, end| {
            let is_last = self.is_last || end < text.len();
            let mut plain = View::unescape(&text[start..end], Style::TERMINAL, is_last);
            (plain.base, plain.next, plain.is_end) = (start, text.get(end).copied(), !is_last);
            let mut lists = Lists::new(start.checked_sub(1).map(|at| text[at]));
            let visit_list = &mut |mut list: View| {
                list.move_to(&plain);
                visit(list);
            };
            for (offset, classes) in Blocks::new(&plain.bytes, &NO_TOKENS) {
                lists.add_block(&plain.bytes, offset, classes, is_last, self.filter, visit_list);
            }
            if !is_last {
                lists.finish(&plain.bytes, self.filter, visit_list);
            }
            visit(plain);
        });
    }
}

/// Calls `visit` with parts of the range that overlap.
fn pieces(from: usize, to: usize, overlap: usize, mut visit: impl FnMut(usize, usize)) {
    let step = PIECE.max(overlap.saturating_mul(2));
    let mut start = from;
    loop {
        let end = to.min(start + step);
        visit(start, end);
        if end == to {
            return;
        }
        start = end - overlap;
    }
}

/// Calls `visit` with the views of a part of the text, which begins at `base` and ends before the byte `next`.
fn unescape_twice(text: &[u8], base: usize, next: Option<u8>, is_last: bool, visit: &mut dyn FnMut(View)) {
    for (kinds, mut once) in readings(text, Style::ALL.kinds, |style| View::unescape(text, style, is_last)) {
        (once.base, once.next, once.is_end) = (base, next, next.is_none());
        // What was read as one kind of escape may contain another kind, which is a part of the value.
        let alone = if kinds.is_power_of_two() { kinds } else { 0 };
        let twice = readings(&once.bytes, alone, |style| once.unescape_again(style, is_last));
        for (_, view) in twice {
            visit(view);
        }
        visit(once);
    }
}

/// Returns the readings of a text that `unescape` returns, and the kinds of escapes that each has read: all together, with both meanings
/// of ambiguous escapes, and each of the kinds `alone`. A text without escapes has none.
fn readings(text: &[u8], alone: u8, unescape: impl Fn(Style) -> View) -> Vec<(u8, View)> {
    // An escape of one kind may hide that of another.
    let present = escapes::kinds(text);
    if present == 0 {
        return Vec::new();
    }
    let mut readings = Vec::new();
    let mut add = |kinds| {
        let view = unescape(Style { kinds, hex_pairs: false });
        let (is_ambiguous, read) = (view.is_ambiguous, kinds & present);
        readings.push((read, view));
        if is_ambiguous {
            readings.push((read, unescape(Style { kinds, hex_pairs: true })));
        }
    };
    add(Style::ALL.kinds);
    if present.count_ones() > 1 {
        let kinds = [PERCENT, BACKSLASH, ENTITY, TERMINAL];
        kinds.into_iter().filter(|kind| present & alone & kind != 0).for_each(&mut add);
    }
    readings
}
