//! Text that is built in constant evaluation, which cannot allocate: the messages of its panics.

/// The longest text in bytes.
const MAX: usize = 1024;

/// A text of at most 1024 bytes.
#[derive(Clone, Copy, Debug)]
pub struct ConstText {
    bytes: [u8; MAX],
    length: usize,
}

impl ConstText {
    /// Creates a text from its parts. What is too long is left out.
    pub const fn of(parts: &[&str]) -> Self {
        let mut text = Self { bytes: [0; MAX], length: 0 };
        let mut i = 0;
        while i < parts.len() {
            text = text.with(parts[i]);
            i += 1;
        }
        text
    }

    /// Appends a part.
    #[must_use]
    pub const fn with(mut self, part: &str) -> Self {
        let bytes = part.as_bytes();
        let mut i = 0;
        while i < bytes.len() && self.length < MAX {
            self.bytes[self.length] = bytes[i];
            self.length += 1;
            i += 1;
        }
        while !part.is_char_boundary(i) {
            self.length -= 1;
            i -= 1;
        }
        self
    }

    /// Returns the text.
    pub const fn as_str(&self) -> &str {
        match str::from_utf8(self.bytes.split_at(self.length).0) {
            Ok(text) => text,
            Err(_) => "",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_joined_and_truncated_between_characters() {
        const JOINED: &str = ConstText::of(&["secret `", "k", "`"]).as_str();
        assert_eq!(JOINED, "secret `k`");
        let long = ConstText::of(&["a", &"é".repeat(1000), "more"]);
        assert_eq!(long.as_str(), format!("a{}m", "é".repeat(511)));
    }
}
