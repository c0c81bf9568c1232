//! Sets of characters.

/// A bit for each of the first eight rows of the table of ASCII characters. The other rows are not ASCII.
pub(super) const ROWS: [u8; 16] = [1, 2, 4, 8, 16, 32, 64, 128, 0, 0, 0, 0, 0, 0, 0, 0];

/// A set of ASCII characters.
#[derive(Debug)]
pub(crate) struct Characters {
    is: [bool; 256],
    /// The rows in which each column of the table of characters has one.
    pub(super) columns: [u8; 16],
}

impl Characters {
    pub(crate) const fn new(characters: &[u8]) -> Self {
        let mut set = Self { is: [false; 256], columns: [0; 16] };
        let mut index = 0;
        while index < characters.len() {
            set.insert(characters[index]);
            index += 1;
        }
        set
    }

    /// Inserts a character. Bytes that are not ASCII are left out.
    pub(crate) const fn insert(&mut self, character: u8) {
        self.is[character as usize] = character.is_ascii();
        self.columns[(character & 15) as usize] |= ROWS[(character >> 4) as usize];
    }

    #[inline]
    pub(crate) fn contains(&self, byte: u8) -> bool {
        self.is[usize::from(byte)]
    }
}

impl Default for Characters {
    fn default() -> Self {
        Self::new(b"")
    }
}
