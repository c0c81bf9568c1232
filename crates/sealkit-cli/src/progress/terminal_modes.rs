//! The modes of the terminal that a pod has changed, so that they can be undone when it ends.

/// What a pod may leave behind: the number of a private mode, whether it is on by default, and what undoes it.
const MODES: [(&str, bool, &str); 10] = [
    ("25", true, "\x1b[?25h"),
    ("7", true, "\x1b[?7h"),
    ("47", false, "\x1b[?47l"),
    ("1047", false, "\x1b[?1047l"),
    ("1049", false, "\x1b[?1049l"),
    ("1000", false, "\x1b[?1000l"),
    ("1002", false, "\x1b[?1002l"),
    ("1003", false, "\x1b[?1003l"),
    ("1006", false, "\x1b[?1006l"),
    ("2004", false, "\x1b[?2004l"),
];

/// The longest sequence that is understood.
const MAX_SEQUENCE: usize = 64;

/// Follows the output of a pod.
#[derive(Clone, Debug, Default)]
pub(super) struct TerminalModes {
    /// The sequence that has begun, from the escape character.
    sequence: Vec<u8>,
    /// Whether each of [`MODES`] differs from its default.
    changed: [bool; MODES.len()],
    /// Whether colours or other attributes are set.
    has_attributes: bool,
}

impl TerminalModes {
    /// Reads output of the pod.
    pub(super) fn read(&mut self, bytes: &[u8]) {
        // Most output has no sequence.
        if self.sequence.is_empty() && !bytes.contains(&0x1b) {
            return;
        }
        for byte in bytes {
            match (self.sequence.len(), byte) {
                (_, 0x1b) => self.sequence = vec![0x1b],
                (0, _) => {}
                (1, b'[') => self.sequence.push(b'['),
                (1, b'c') => *self = Self::default(),
                (1, _) => self.sequence.clear(),
                (_, 0x40..=0x7e) => {
                    self.apply(*byte);
                    self.sequence.clear();
                }
                (MAX_SEQUENCE.., _) => self.sequence.clear(),
                _ => self.sequence.push(*byte),
            }
        }
    }

    /// Applies the sequence that ends with `last`.
    fn apply(&mut self, last: u8) {
        let Ok(parameters) = str::from_utf8(&self.sequence[2..]) else { return };
        match (parameters.strip_prefix('?'), last) {
            (Some(modes), b'h' | b'l') => {
                for mode in modes.split(';') {
                    if let Some(index) = MODES.iter().position(|(number, ..)| *number == mode) {
                        self.changed[index] = (last == b'h') != MODES[index].1;
                    }
                }
            }
            (None, b'm') => {
                let mut attributes = parameters.split(';');
                while let Some(attribute) = attributes.next() {
                    self.has_attributes = attribute.bytes().any(|digit| digit != b'0');
                    // The colours of the large palettes have operands.
                    let is_colour = matches!(attribute, "38" | "48" | "58");
                    let operands = match is_colour.then(|| attributes.next()).flatten() {
                        Some("2") => 3,
                        Some("5") => 1,
                        _ => 0,
                    };
                    attributes.by_ref().take(operands).for_each(drop);
                }
            }
            _ => {}
        }
    }

    /// Returns the sequences that undo what the pod has changed.
    pub(super) fn undo(&self) -> String {
        let mut undo = String::new();
        if self.has_attributes {
            undo.push_str("\x1b[0m");
        }
        let changed = MODES.iter().zip(self.changed).filter(|(_, is_changed)| *is_changed);
        undo.extend(changed.map(|((.., sequence), _)| *sequence));
        undo
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_has_changed_is_undone() {
        for (output, undo) in [
            ("plain text", ""),
            ("\x1b[?25l", "\x1b[?25h"),
            ("\x1b[?25l…\x1b[?25h", ""),
            ("\x1b[31mred", "\x1b[0m"),
            ("\x1b[38;2;255;0;0mred", "\x1b[0m"),
            ("\x1b[48;5;0mblack", "\x1b[0m"),
            ("\x1b[38;5;0;0mplain", ""),
            ("\x1b[1;31mred\x1b[0m", ""),
            ("\x1b[1;31mred\x1b[m", ""),
            ("\x1b[?1049h\x1b[?25;2004h", "\x1b[?1049l\x1b[?2004l"),
            ("\x1b[?1049h\x1b[?7l\x1bc", ""),
            ("\x1b[2J\x1b[10;20H\x1b]0;title\x07", ""),
            ("\x1b[?25", ""),
            ("\x1b\x1b[?25l", "\x1b[?25h"),
        ] {
            for size in [1, 3, 100] {
                let mut modes = TerminalModes::default();
                output.as_bytes().chunks(size).for_each(|chunk| modes.read(chunk));
                assert_eq!(modes.undo(), undo, "{output:?} in pieces of {size}");
            }
        }
        let mut modes = TerminalModes::default();
        modes.read(b"\x1b[");
        modes.read(&vec![b'1'; 100_000]);
        assert!(modes.sequence.len() <= MAX_SEQUENCE + 1);
    }
}
