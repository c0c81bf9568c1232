//! Characters in cells of four columns, as `od -c`, `od -a` and `hexdump -c` print them.

use super::{Filter, View, numbers::MIN_OFFSET};
use crate::{Encoding, classes::Classes, scanner::to_u32};

/// The number of columns of a cell.
const CELL: usize = 4;
/// The most digits of the offset of a line.
const MAX_OFFSET: usize = 16;
/// What `od -a` prints for control characters and the space.
const NAMES: &[u8] = b"nul soh stx etx eot enq ack bel bs ht nl vt ff cr so si dle dc1 dc2 dc3 dc4 nak syn etb can em sub esc fs gs rs us sp";
/// Letters behind a backslash, each with the byte that both stand for.
const ESCAPES: [(u8, u8); 8] = [
    (b'0', 0),
    (b'a', 7),
    (b'b', 8),
    (b't', b'\t'),
    (b'n', b'\n'),
    (b'v', 0x0b),
    (b'f', 0x0c),
    (b'r', b'\r'),
];

/// What comes next in a list of cells.
enum Next {
    /// A byte in the cell from `start` to `end`.
    Cell { start: usize, end: usize, byte: u8 },
    /// The beginning of a cell or of a line, at the end of the text.
    Cut { has_digits: bool },
    /// Something else.
    Other,
}

/// A search for cells, which advances block by block.
pub(super) struct Cells {
    /// Where the search goes on.
    at: usize,
    /// The byte before the text.
    previous: Option<u8>,
}

impl Cells {
    pub(super) fn new(previous: Option<u8>) -> Self {
        Self { at: 0, previous }
    }

    /// Searches the next block, which begins at `offset`, and calls `visit` with the bytes of what is in cells.
    pub(super) fn add_block(
        &mut self,
        text: &[u8],
        offset: usize,
        classes: Classes,
        is_last: bool,
        filter: &Filter,
        visit: &mut dyn FnMut(View),
    ) {
        // Behind the text, the last block is filled up.
        while let Some(at) = classes.cell_from(self.at.saturating_sub(offset))
            && offset + at < text.len()
        {
            let end = offset + at + 1;
            let start = self.start(text, end, filter);
            self.at = self.visit(text, start, is_last, filter, visit).max(end);
        }
    }

    /// Visits the cells at the end of the text, if they are too few to be found in a block.
    pub(super) fn finish(&mut self, text: &[u8], filter: &Filter, visit: &mut dyn FnMut(View)) {
        for end in text.len().saturating_sub(CELL - 1).max(self.at)..=text.len() {
            if !matches!(self.next(text, end), Next::Cut { .. }) {
                continue;
            }
            let start = self.start(text, end, filter);
            // Without cells before it, what is blank is not needed: the first cell of the next text is found anyway.
            if start < end || !text[end..].trim_ascii().is_empty() {
                self.visit(text, start, false, filter, visit);
            }
        }
    }

    /// Returns where the cells with bytes of patterns begin that end at `end`.
    fn start(&self, text: &[u8], mut end: usize, filter: &Filter) -> usize {
        while let Some(start) = self.previous_cell(text, end, filter) {
            end = start;
        }
        end
    }

    /// Returns where the cell begins after which the next one begins at `end`, or the line in which it is the first one.
    fn previous_cell(&self, text: &[u8], end: usize, filter: &Filter) -> Option<usize> {
        let before = &text[self.at..end];
        let digits = before.iter().rev().take(MAX_OFFSET).take_while(|byte| byte.is_ascii_hexdigit()).count();
        let line = before[..before.len() - digits].strip_suffix(b"\n");
        let line = line.filter(|_| digits == 0 || digits >= MIN_OFFSET);
        let before = line.map_or(before, |line| line.strip_suffix(b"\r").unwrap_or(line));
        let end = self.at + before.len();
        if end > 0 && self.first_cell(text) == Some(end) {
            return Some(0);
        }
        let is_known = |cell: &[u8; CELL]| byte(*cell).is_some_and(|byte| filter.contains(&[byte]));
        before.last_chunk().is_some_and(is_known).then(|| end - CELL)
    }

    /// Returns the end of the first cell of the text, if the spaces before its character are not in it.
    fn first_cell(&self, text: &[u8]) -> Option<usize> {
        let spaces = text.iter().take(CELL).take_while(|byte| **byte == b' ').count();
        let is_alone = spaces < CELL - 1
            && text.get(spaces).is_some_and(u8::is_ascii_graphic)
            && text.get(spaces + 1).is_none_or(u8::is_ascii_whitespace);
        (self.at == 0 && self.previous == Some(b' ') && is_alone).then_some(spaces + 1)
    }

    /// Returns what comes after a cell that ends at `at`.
    fn next(&self, text: &[u8], at: usize) -> Next {
        if at == 0
            && let Some(end) = self.first_cell(text)
        {
            return Next::Cell { start: 0, end, byte: text[end - 1] };
        }
        let rest = &text[at..];
        let rest = match rest.strip_prefix(b"\r").unwrap_or(rest) {
            [b'\n', line @ ..] => {
                let digits = line.iter().take_while(|byte| byte.is_ascii_hexdigit()).count();
                if digits == line.len() {
                    return Next::Cut { has_digits: false };
                }
                if digits > 0 && digits < MIN_OFFSET {
                    return Next::Other;
                }
                &line[digits..]
            }
            [] => return Next::Cut { has_digits: false },
            _ => rest,
        };
        let start = text.len() - rest.len();
        match rest.first_chunk() {
            Some(cell) => match byte(*cell) {
                Some(byte) => Next::Cell { start, end: start + CELL, byte },
                None => Next::Other,
            },
            None if is_cell_cut(rest) => Next::Cut { has_digits: !rest.trim_ascii_start().is_empty() },
            None => Next::Other,
        }
    }

    /// Calls `visit` with the bytes of the cells from `at` on. Returns where they end.
    fn visit(
        &self,
        text: &[u8],
        mut at: usize,
        is_last: bool,
        filter: &Filter,
        visit: &mut dyn FnMut(View),
    ) -> usize {
        let new = || View::of_list(Encoding::Interleaved);
        let mut view = new();
        loop {
            let next = self.next(text, at);
            if let Next::Cell { start, end, byte } = next {
                at = end;
                if filter.contains(&[byte]) {
                    view.push(&[byte], start, end);
                    continue;
                }
            }
            let mut ended = std::mem::replace(&mut view, new());
            if !is_last && let Next::Cut { has_digits } = next {
                ended.is_end = true;
                ended.incomplete = has_digits.then(|| (to_u32(at), 1));
            }
            if ended.is_end || ended.bytes.len() >= filter.shortest() {
                visit(ended);
            }
            match next {
                Next::Cell { .. } => {}
                Next::Cut { .. } => return text.len(),
                Next::Other => return at,
            }
        }
    }
}

/// Returns the byte that a cell stands for.
fn byte(cell: [u8; CELL]) -> Option<u8> {
    match cell {
        [b' ', b' ', b' ', character] if character.is_ascii_graphic() || character == b' ' => Some(character),
        [b' ', b' ', b'\\', letter] => {
            ESCAPES.into_iter().find(|(known, _)| *known == letter).map(|(_, byte)| byte)
        }
        [b' ', high @ b'0'..=b'3', middle @ b'0'..=b'7', low @ b'0'..=b'7'] => {
            Some((high - b'0') << 6 | (middle - b'0') << 3 | (low - b'0'))
        }
        [b' ', name @ ..] => {
            let name = name.trim_ascii_start();
            let known = NAMES.split(|byte| *byte == b' ').position(|known| known == name);
            known.and_then(|code| u8::try_from(code).ok())
        }
        _ => None,
    }
}

/// Returns whether a cell may begin with these bytes.
fn is_cell_cut(cell: &[u8]) -> bool {
    let text = cell.trim_ascii_start();
    let spaces = cell.len() - text.len();
    cell.iter().take(spaces).all(|byte| *byte == b' ')
        && match text {
            [] => true,
            _ if spaces == 0 => false,
            [b'\\'] => spaces == 2,
            [b'0'..=b'3', rest @ ..] => spaces == 1 && rest.iter().all(|digit| (b'0'..=b'7').contains(digit)),
            _ => NAMES
                .split(|byte| *byte == b' ')
                .any(|name| name.len() + spaces == CELL && name.starts_with(text)),
        }
}
