//! A view of a part of a text: bytes, and the range of the text that stands for each of them.

use super::{
    MAX_RELEASED,
    escapes::{self, Style, Unit, kind, unit},
};
use crate::{Encoding, scanner::to_u32, zeroizing::ZeroizingBytes};

/// The end of a text that may be the beginning of a pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Tail {
    pub(crate) keep_from: usize,
    /// From where it must not be written yet.
    pub(crate) hold_from: Option<usize>,
    /// How many bytes of the pattern it may contain.
    pub(crate) bytes: usize,
}

/// A view of a part of a text.
#[derive(Default)]
pub(crate) struct View {
    pub(crate) bytes: ZeroizingBytes,
    /// The range of the text that stands for each byte.
    sources: Vec<(u32, u32)>,
    /// Where the part begins in the text.
    pub(super) base: usize,
    /// The byte behind the part, unless that ends there.
    pub(crate) next: Option<u8>,
    /// The offset of what the end of the text cuts off, and how many bytes that has so far.
    pub(super) incomplete: Option<(u32, usize)>,
    /// How the bytes are written, if they come from a list.
    list: Option<Encoding>,
    /// Where the lines of the dump begin that the bytes come from.
    pub(super) lines: Vec<u32>,
    /// Where the bytes of the last line of a dump begin, if its text column has yet to come.
    pub(crate) open_from: Option<usize>,
    /// Whether a backslash before two hexadecimal digits was read as an octal escape.
    pub(super) is_ambiguous: bool,
    /// Whether the view reaches the end of the text.
    pub(crate) is_end: bool,
}

impl View {
    /// Returns an empty view of a list.
    pub(super) fn of_list(encoding: Encoding) -> Self {
        Self { list: Some(encoding), ..Self::default() }
    }

    /// Returns the range of the text that a range of the view stands for.
    pub(crate) fn source(&self, start: usize, end: usize) -> (usize, usize) {
        let (first, _) = self.sources[start];
        let (_, last) = self.sources[end - 1];
        (self.base + first as usize, self.base + last as usize)
    }

    /// Returns what has to be kept of the text, if the last `partial` bytes of the view may be the beginning of a pattern.
    pub(crate) fn tail(&self, partial: usize) -> Option<Tail> {
        let start = (partial > 0).then(|| self.source(self.bytes.len() - partial, self.bytes.len()).0);
        let from = start.or(self.incomplete.map(|(offset, _)| self.base + offset as usize));
        // A line of a dump is read from its offset on, also if no number of it is a part of a pattern so far.
        let line = match from {
            Some(from) => self.line(from),
            None => self.open_from.and_then(|_| self.line(usize::MAX)),
        };
        let keep_from = line.or(from)?;
        // Many ordinary lines end with a number or two.
        let bytes = partial + self.incomplete.map_or(0, |(_, bytes)| bytes);
        let hold_from = from.filter(|_| self.list.is_none() || bytes > MAX_RELEASED);
        Some(Tail { keep_from, hold_from, bytes })
    }

    /// Returns the start of the escape or of the line of a dump that contains the offset `at` of the text, or `at`.
    pub(crate) fn floor(&self, at: usize) -> usize {
        let Some(offset) = at.checked_sub(self.base) else { return at };
        if let Some(line) = self.line(at)
            && self.sources.last().is_some_and(|(_, end)| offset < *end as usize)
        {
            return line;
        }
        let index = self.sources.partition_point(|(start, _)| (*start as usize) < offset);
        match index.checked_sub(1).map(|index| self.sources[index]) {
            Some((start, end)) if offset < end as usize => self.base + start as usize,
            _ => at,
        }
    }

    /// Returns the start of the line of a dump that contains the offset `at` of the text.
    fn line(&self, at: usize) -> Option<usize> {
        let lines = self.lines.iter().map(|line| self.base + *line as usize);
        lines.take_while(|line| *line <= at).last()
    }

    /// Returns whether the byte before the offset `at` of the text is a part of an escape.
    pub(crate) fn has_escape_before(&self, at: usize) -> bool {
        let Some(offset) = at.checked_sub(self.base) else { return false };
        let index = self.sources.partition_point(|(start, _)| (*start as usize) < offset);
        let (start, end) = index.checked_sub(1).map_or((0, 0), |index| self.sources[index]);
        // What no byte of the view stands for is shown by no terminal. Between numbers, it is shown.
        self.list.is_none() && (end as usize != offset || end - start > 1)
    }

    /// Returns where the view begins in the text.
    pub(crate) fn base(&self) -> usize {
        self.base
    }

    /// Returns how the bytes are written, if they come from a list of numbers or of characters.
    pub(crate) fn list(&self) -> Option<Encoding> {
        self.list
    }

    pub(super) fn push(&mut self, bytes: &[u8], from: usize, to: usize) {
        self.bytes.extend(bytes);
        let source = (to_u32(from), to_u32(to));
        self.sources.extend(bytes.iter().map(|_| source));
    }

    /// Adds bytes of the text that stand for themselves.
    fn push_literal(&mut self, text: &[u8], from: usize, to: usize) {
        self.bytes.extend(&text[from..to]);
        self.sources.extend((to_u32(from)..to_u32(to)).map(|at| (at, at + 1)));
    }

    /// Resolves the escapes of `text`.
    pub(super) fn unescape(text: &[u8], style: Style, is_last: bool) -> Self {
        let mut view = Self::default();
        let mut at = 0;
        for escape in escapes::candidates(text).filter(|at| kind(text[*at]) & style.kinds != 0) {
            if escape < at {
                continue;
            }
            match unit(&text[escape..], style) {
                Unit::Literal => {}
                Unit::Incomplete if is_last => {}
                Unit::Incomplete => {
                    view.push_literal(text, at, escape);
                    view.incomplete = Some((to_u32(escape), 1));
                    return view;
                }
                Unit::Escape { length, bytes, count, is_ambiguous } => {
                    view.push_literal(text, at, escape);
                    // A backslash before what stands for itself is not a part of the value. Before what begins an escape, it is needed.
                    let is_itself =
                        length == 2 && count == 1 && bytes[0] == text[escape + 1] && kind(bytes[0]) == 0;
                    view.push(&bytes[..count], escape + usize::from(is_itself), escape + length);
                    view.is_ambiguous |= is_ambiguous;
                    at = escape + length;
                }
            }
        }
        view.push_literal(text, at, text.len());
        view
    }

    /// Resolves the escapes of this view.
    pub(super) fn unescape_again(&self, style: Style, is_last: bool) -> Self {
        let mut view = Self::unescape(&self.bytes, style, is_last && self.incomplete.is_none());
        view.move_to(self);
        (view.next, view.is_end) = (self.next, self.is_end);
        view
    }

    /// Makes a view of `outer` one of the text that `outer` is a view of.
    pub(super) fn move_to(&mut self, outer: &Self) {
        for (start, end) in &mut self.sources {
            *start = outer.sources[*start as usize].0;
            *end = outer.sources[*end as usize - 1].1;
        }
        let start = |offset: u32| outer.sources[offset as usize].0;
        self.lines.iter_mut().for_each(|line| *line = start(*line));
        self.incomplete = self.incomplete.map(|(at, bytes)| (start(at), bytes)).or(outer.incomplete);
        self.base = outer.base;
    }
}
