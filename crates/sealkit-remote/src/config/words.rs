//! Settings that are no plain text: yes and no, and lists.

use std::{fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer,
    de::{SeqAccess, Visitor},
};

/// A word that means yes or no.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Flag(pub(super) bool);

/// What `word` means.
pub(super) fn flag(word: &str) -> Option<bool> {
    match word.trim().to_ascii_lowercase().as_str() {
        "true" | "t" | "yes" | "on" | "1" => Some(true),
        "false" | "f" | "no" | "off" | "0" => Some(false),
        _ => None,
    }
}

impl<'de> Deserialize<'de> for Flag {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Word;
        impl Visitor<'_> for Word {
            type Value = Flag;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("`true` or `false`")
            }
            fn visit_str<E: serde::de::Error>(self, word: &str) -> Result<Flag, E> {
                flag(word).map(Flag).ok_or_else(|| E::custom("`true` or `false` is expected"))
            }
        }
        from.deserialize_str(Word)
    }
}

/// Several words; or a line of them, which is taken apart.
#[derive(Debug, PartialEq)]
pub(super) struct List<Kind> {
    pub(super) words: Vec<String>,
    kind: PhantomData<Kind>,
}

/// How a line of words is taken apart.
pub(super) trait Line {
    fn take_apart(line: &str) -> Option<Vec<String>>;
}

/// A line of scopes, which blanks or commas keep apart.
#[derive(Debug, PartialEq)]
pub(super) struct Scopes;

impl Line for Scopes {
    fn take_apart(line: &str) -> Option<Vec<String>> {
        let scopes = line.split(|c: char| c == ',' || c.is_whitespace());
        Some(scopes.filter(|scope| !scope.is_empty()).map(str::to_owned).collect())
    }
}

/// A line for a shell, but for what only a shell can do.
#[derive(Debug, PartialEq)]
pub(super) struct Command;

impl Line for Command {
    fn take_apart(line: &str) -> Option<Vec<String>> {
        shlex::split(line)
    }
}

impl<Kind: Line> List<Kind> {
    /// The words of a line, or of an array as JSON has it.
    pub(super) fn from_line(line: &str) -> Option<Self> {
        let line = line.trim();
        let words = match line.starts_with('[').then(|| yaml_serde::from_str(line)) {
            Some(Ok(words)) => words,
            _ => Kind::take_apart(line)?,
        };
        Some(Self { words, kind: PhantomData })
    }
}

impl<'de, Kind: Line> Deserialize<'de> for List<Kind> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Words<Kind>(PhantomData<Kind>);
        impl<'de, Kind: Line> Visitor<'de> for Words<Kind> {
            type Value = List<Kind>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of words")
            }
            fn visit_str<E: serde::de::Error>(self, line: &str) -> Result<List<Kind>, E> {
                List::from_line(line).ok_or_else(|| E::custom("a quotation mark is not closed"))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<List<Kind>, A::Error> {
                let mut words = Vec::new();
                while let Some(word) = items.next_element()? {
                    words.push(word);
                }
                Ok(List { words, kind: PhantomData })
            }
        }
        from.deserialize_any(Words(PhantomData))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Deserialize)]
    struct Lists {
        command: Option<List<Command>>,
        scopes: Option<List<Scopes>>,
    }

    #[test]
    fn words_are_a_list_or_a_line() {
        let read = |text: &str| {
            let lists: Lists = yaml_serde::from_str(text).unwrap();
            (lists.command.map(|list| list.words), lists.scopes.map(|list| list.words))
        };
        let two = || vec!["a b".to_owned(), "c".to_owned()];
        for text in ["command: [a b, c]", "command: \"'a b' c\"", "command: '[\"a b\", \"c\"]'"] {
            assert_eq!(read(text).0, Some(two()), "{text}");
        }
        for text in ["scopes: 'all, offline'", "scopes: all  offline", "scopes: [all, offline]"] {
            assert_eq!(read(text).1, Some(["all", "offline"].map(str::to_owned).into()), "{text}");
        }
    }
}
