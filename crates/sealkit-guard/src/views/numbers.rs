//! Bytes that are printed as numbers: by `{:?}` of bytes, and by `hexdump`, `xxd` and `od`.

mod base;
#[cfg(test)]
mod tests;

use std::ops::Range;

use self::base::Base;
pub(super) use self::base::binary;
use super::{Filter, View, filter::Numbers};
use crate::{
    Encoding,
    classes::{Classes, MIN_LIST, NUMBERS},
    scanner::to_u32,
};

/// The longest space between two numbers.
const MAX_GAP: usize = 32;
/// The longest space before the text column of a dump.
const MAX_COLUMN_GAP: usize = 80;
/// The largest number of bytes that stand for one byte: a space, a prefix and eight digits.
pub(crate) const MAX_NUMBER: usize = MAX_GAP + 10;
/// How far the beginning of a list is looked for from the end of a text.
const MAX_TAIL: usize = 4096;

/// The offset at the beginning of a line of a dump.
#[derive(Clone, Copy)]
enum Offset {
    None,
    /// `hexdump -C` writes the text column between bars.
    Plain,
    /// `xxd` writes it after two spaces.
    Colon,
}

struct Number {
    /// The digits, without their prefix.
    start: usize,
    end: usize,
    /// Where the number begins, with its prefix.
    from: usize,
    /// Where it ends; in a dump, where the text column beside it ends.
    until: usize,
    is_negative: bool,
}

/// The numbers of a list.
#[derive(Default)]
struct List {
    numbers: Vec<Number>,
    /// Where they end.
    end: usize,
    /// Where the lines of dumps begin.
    lines: Vec<usize>,
    /// The first number of the last line, if that is a line of a dump.
    last_line: Option<usize>,
    /// Whether its text column is cut off.
    is_column_cut: bool,
}

/// A search for lists of numbers, which advances block by block.
#[derive(Default)]
pub(super) struct Lists {
    /// Where the search goes on.
    at: usize,
    /// The end of the last list.
    done: usize,
    /// The byte before the text.
    previous: Option<u8>,
}

impl Lists {
    pub(super) fn new(previous: Option<u8>) -> Self {
        Self { previous, ..Self::default() }
    }

    /// Searches the next block, which begins at `offset`. Calls `visit` with the bytes of each list that becomes long enough there, in each
    /// base in which it may be written.
    pub(super) fn add_block(
        &mut self,
        text: &[u8],
        offset: usize,
        classes: Classes,
        is_last: bool,
        filter: &Filter,
        visit: &mut dyn FnMut(View),
    ) {
        while let Some((at, after)) = classes.list_from(self.at.saturating_sub(offset)) {
            let at = offset + at;
            let known = if after > 0 { at + 1 - MIN_LIST..at + after } else { at..at };
            self.at = self.run(text, known, is_last, filter, visit).max(at + 1);
        }
    }

    /// Visits the lists in the run of digits and separators around what is `known` of it. Returns where they end.
    fn run(
        &mut self,
        text: &[u8],
        known: Range<usize>,
        is_last: bool,
        filter: &Filter,
        visit: &mut dyn FnMut(View),
    ) -> usize {
        let continues = |at: usize| text.get(at).is_some_and(|byte| NUMBERS.contains(*byte));
        let (mut start, mut run_end) = (known.start.max(self.done), known.end);
        while start > self.done && continues(start - 1) {
            start -= 1;
        }
        while continues(run_end) {
            run_end += 1;
        }
        // Each byte takes a digit and a separator, or two digits. A dump goes on behind its text columns.
        let min_length = filter.shortest().saturating_mul(2).saturating_sub(1);
        let run = &text[start..run_end];
        if run.len() < MIN_LIST || run.len() < min_length && !has_offset(run) {
            return run_end;
        }
        let is_open = !is_last && run_end == text.len();
        for part in filter.numbers(&text[..run_end], start, is_open) {
            match part {
                Numbers::List(start, end) => self.visit_lists(&text[..end], start, end, true, filter, visit),
                Numbers::Open(start) => self.visit_lists(text, start, run_end, is_last, filter, visit),
            }
        }
        run_end.max(self.done)
    }

    /// Visits the lists that begin between `from` and `until`.
    fn visit_lists(
        &mut self,
        text: &[u8],
        mut from: usize,
        until: usize,
        is_last: bool,
        filter: &Filter,
        visit: &mut dyn FnMut(View),
    ) {
        while from < until {
            let list = numbers(text, from, self.previous);
            let end = list.end;
            let is_cut = !is_last && (end == text.len() || list.is_column_cut);
            if !list.numbers.is_empty() || is_cut {
                visit_bases(text, &list, is_cut, filter, visit);
            }
            self.done = end;
            // The next number may come after a long gap.
            from =
                (end.max(from) + 1..until).find(|at| text[*at].is_ascii_hexdigit()).unwrap_or(until).max(end);
        }
    }

    /// Visits the list that may begin at the end of the text.
    pub(super) fn finish(&mut self, text: &[u8], filter: &Filter, visit: &mut dyn FnMut(View)) {
        let from = self.done.max(text.len().saturating_sub(MAX_TAIL));
        let start = (from..text.len()).rev().take_while(|at| NUMBERS.contains(text[*at])).last();
        let open = |start| filter.numbers(text, start, true).find_map(Numbers::open);
        if let Some(start) = start.and_then(open) {
            self.visit_lists(text, start, text.len(), false, filter, visit);
        }
    }
}

/// The fewest digits of the offset of a line of a dump: `od -A x` writes six, and other tools at least seven.
pub(super) const MIN_OFFSET: usize = 6;

/// Returns whether a run may contain the offset of a line of a dump.
pub(super) fn has_offset(run: &[u8]) -> bool {
    // Most runs are a number or two, as in tables.
    let has_end =
        |part: &[u8; MIN_LIST]| part.iter().fold(false, |has, byte| has | matches!(byte, b':' | b' '));
    if run.len() >= MIN_LIST && !run.as_chunks().0.iter().chain(run.last_chunk()).any(has_end) {
        return false;
    }
    let digits = |at: &usize| run[..*at].iter().rev().take_while(|byte| byte.is_ascii_hexdigit()).count();
    let mut ends = (MIN_OFFSET..run.len()).filter(|at| matches!(run[*at], b':' | b' '));
    ends.any(|at| may_be_offset(run, at - digits(&at), at))
}

/// Returns whether the digits from `start` to `end` may be the offset of a line of a dump.
#[inline]
pub(super) fn may_be_offset(text: &[u8], start: usize, end: usize) -> bool {
    end - start > MIN_OFFSET || end - start == MIN_OFFSET && is_short_offset(&text[start..])
}

/// Returns whether `text` begins with a multiple of 16, and the next number has fewer digits.
#[cold]
fn is_short_offset(text: &[u8]) -> bool {
    let (offset, after) = text.split_at(MIN_OFFSET);
    let next = after.trim_ascii_start().iter().take(MIN_OFFSET);
    offset.ends_with(b"0") && next.take_while(|byte| byte.is_ascii_hexdigit()).count() < MIN_OFFSET
}

/// Returns the numbers from `at` on. Offsets and text columns of dumps are left out.
fn numbers(text: &[u8], mut at: usize, previous: Option<u8>) -> List {
    let mut list = List::default();
    let before = text[..at].iter().rev().find(|byte| !b" \t".contains(byte)).copied().or(previous);
    let mut is_first_of_line = before.is_none_or(|byte| byte == b'\n');
    let mut offset = Offset::None;
    loop {
        let gap = text[at..].iter().take_while(|byte| {
            NUMBERS.contains(**byte) && !byte.is_ascii_hexdigit() && !matches!(byte, b'x' | b'X' | b'o')
        });
        let gap = gap.count();
        let separators = &text[at..at + gap];
        if separators.contains(&b'\n') {
            (is_first_of_line, list.last_line, offset) = (true, None, Offset::None);
        }
        list.end = at;
        let is_far = gap > MAX_GAP;
        if is_far && list.last_line.is_none() {
            return list;
        }
        let from = at + gap;
        let prefix = match text.get(from..from + 2) {
            Some([b'0', b'x' | b'X' | b'o']) => 2,
            _ => 0,
        };
        let start = from + prefix;
        let digits =
            text.get(start..).unwrap_or_default().iter().take_while(|byte| byte.is_ascii_hexdigit()).count();
        let end = start + digits;
        let is_column = match offset {
            _ if is_far => true,
            Offset::None => false,
            Offset::Plain => separators.contains(&b'|'),
            // The last group may be shorter, and stand on the right.
            Offset::Colon => {
                let is_short = list.numbers.last().is_some_and(|last| digits < last.end - last.start);
                let after = &text[end..text.len().min(end + 2)];
                separators.starts_with(b"  ") && !(is_short && b"  ".starts_with(after))
            }
        };
        // A prefix at the end of the text is the beginning of a number.
        let is_number = (digits > 0 || prefix > 0 && start == text.len())
            && !is_column
            && ends_number(text.get(end..).unwrap_or_default(), list.last_line.is_some());
        if !is_number {
            let line = list.last_line.map(|line| &mut list.numbers[line..]);
            if let Some(line) = line
                && let Some(end) = column_end(text, at, line)
            {
                if end < text.len() {
                    // After the text column of a dump, the next line goes on.
                    for number in line {
                        number.until = end;
                    }
                    at = end;
                    continue;
                }
                list.is_column_cut = true;
            }
            list.end = if from == text.len() { from } else { at };
            return list;
        }
        let next = text.get(end);
        // `0000000 6b33`, `00000000: 6b33` and `00000000  6b 33`
        let is_binary = |start: usize, end: usize| text.get(start..end).and_then(binary).is_some();
        let is_binary = is_binary(start, end)
            && (next == Some(&b' ') && is_binary(end + 1, end + 1 + digits)
                || !is_first_of_line
                    && list.numbers.last().is_some_and(|last| is_binary(last.start, last.end)));
        let is_offset = prefix == 0
            && may_be_offset(text, start, end)
            && !is_binary
            && next.is_none_or(|byte| b": \t\r\n".contains(byte))
            && (is_first_of_line
                || list.last_line.is_none() && (next == Some(&b':') || text[end..].starts_with(b"  ")));
        if is_offset {
            offset = if next == Some(&b':') { Offset::Colon } else { Offset::Plain };
            list.lines.push(from);
            list.last_line = Some(list.numbers.len());
        } else {
            // Another space would make it an offset.
            if prefix == 0
                && may_be_offset(text, start, end)
                && list.last_line.is_none()
                && text[end..] == *b" "
            {
                list.lines.push(from);
                list.last_line = Some(list.numbers.len());
            }
            let is_negative = text[..from].ends_with(b"-")
                && !text[..from - 1].last().is_some_and(u8::is_ascii_alphanumeric);
            list.numbers.push(Number { start, end, from, until: end, is_negative });
        }
        is_first_of_line = false;
        at = end + usize::from(is_offset && next == Some(&b':'));
    }
}

/// Returns where the text column of a line of a dump ends, which begins at `at`, after these numbers: at the end of the line or the text.
fn column_end(text: &[u8], at: usize, numbers: &[Number]) -> Option<usize> {
    let bytes: usize = numbers.iter().map(|number| (number.end - number.start).div_ceil(2)).sum();
    let rest = &text[at..];
    let gap = rest.iter().take(MAX_COLUMN_GAP).take_while(|byte| b" \t\r".contains(byte)).count();
    // The column may be between bars, and the line may end with `\r\n`.
    let longest = gap + bytes + 3;
    let line = rest.iter().take(longest + 1).position(|byte| *byte == b'\n');
    let is_whole = rest.len() <= longest;
    line.or(Some(rest.len()).filter(|_| is_whole)).filter(|_| bytes > 0).map(|length| at + length)
}

/// Returns whether a number ends before `text`: it is not the beginning of a word, of a decimal fraction or of the text column of a dump.
fn ends_number(text: &[u8], is_dump: bool) -> bool {
    match text {
        // In a string, lines of a dump end with an escape.
        [b'\\', ..] | [] => true,
        [next, ..] if is_dump => NUMBERS.contains(*next) && !next.is_ascii_alphanumeric(),
        [b'.', next, ..] => !next.is_ascii_digit(),
        [next, ..] => !next.is_ascii_alphanumeric(),
    }
}

/// Calls `visit` with what the numbers stand for in each base, where that is long enough for a pattern.
fn visit_bases(text: &[u8], list: &List, is_cut: bool, filter: &Filter, visit: &mut dyn FnMut(View)) {
    let min = filter.shortest();
    let is_signed = list.numbers.iter().any(|number| number.is_negative);
    let bases = Base::ALL.into_iter().filter(|base| match base {
        Base::Signed => is_signed,
        Base::DecimalWords(_) => !list.lines.is_empty(),
        _ => true,
    });
    for base in bases {
        let mut view = View::of_list(Encoding::Numbers);
        for index in 0..=list.numbers.len() {
            if is_cut && list.last_line == Some(index) {
                view.open_from = Some(view.bytes.len());
            }
            let Some(number) = list.numbers.get(index) else { break };
            if is_cut && number.end == text.len() {
                let bytes = base.incomplete_bytes(&text[number.start..], filter);
                view.incomplete = Some((to_u32(number.from), bytes));
                break;
            }
            let digits = &text[number.start..number.end];
            if let Some((bytes, count)) = base.bytes(digits, number.is_negative, view.bytes.is_empty()) {
                view.push(&bytes[..count], number.from, number.until);
                continue;
            }
            let open_from = view.open_from.map(|_| 0);
            if view.bytes.len() >= min {
                visit(std::mem::take(&mut view));
            }
            view = View::of_list(Encoding::Numbers);
            view.open_from = open_from;
        }
        if view.bytes.len() >= min || is_cut {
            view.is_end = is_cut;
            view.lines = list.lines.iter().copied().map(to_u32).collect();
            visit(view);
        }
    }
}
