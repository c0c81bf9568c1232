//! Values of settings that are not plain text: flags and lists.

use std::{fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer,
    de::{SeqAccess, Visitor},
};

/// A flag: `true`, `yes`, `on` and the like.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Flag(pub(super) bool);

/// Parses a flag.
pub(super) fn parse_flag(text: &str) -> Option<bool> {
    match text.trim().to_ascii_lowercase().as_str() {
        "true" | "t" | "yes" | "on" | "1" => Some(true),
        "false" | "f" | "no" | "off" | "0" => Some(false),
        _ => None,
    }
}

impl<'de> Deserialize<'de> for Flag {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct FlagVisitor;
        impl Visitor<'_> for FlagVisitor {
            type Value = Flag;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("`true` or `false`")
            }
            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Flag, E> {
                parse_flag(text).map(Flag).ok_or_else(|| E::custom("expected `true` or `false`"))
            }
        }
        from.deserialize_str(FlagVisitor)
    }
}

/// A list of strings, or a line that `Syntax` splits into strings.
#[derive(Debug, PartialEq)]
pub(super) struct List<Syntax> {
    pub(super) items: Vec<String>,
    syntax: PhantomData<Syntax>,
}

/// How to split a line into the items of a list.
pub(super) trait LineSyntax {
    /// Splits a line, or returns `None` if a quotation mark is not closed.
    fn split_line(line: &str) -> Option<Vec<String>>;
}

/// Scopes, separated by spaces or commas.
#[derive(Debug, PartialEq)]
pub(super) struct Scopes;

impl LineSyntax for Scopes {
    fn split_line(line: &str) -> Option<Vec<String>> {
        let scopes = line.split(|c: char| c == ',' || c.is_whitespace());
        Some(scopes.filter(|scope| !scope.is_empty()).map(str::to_owned).collect())
    }
}

/// A command line with the quoting of a shell.
#[derive(Debug, PartialEq)]
pub(super) struct CommandLine;

impl LineSyntax for CommandLine {
    fn split_line(line: &str) -> Option<Vec<String>> {
        shlex::split(line)
    }
}

impl<Syntax: LineSyntax> List<Syntax> {
    /// Parses a line, or an array as in JSON. Returns `None` if a quotation mark is not closed.
    pub(super) fn from_line(line: &str) -> Option<Self> {
        let line = line.trim();
        let items = match line.starts_with('[').then(|| yaml_serde::from_str(line)) {
            Some(Ok(items)) => items,
            _ => Syntax::split_line(line)?,
        };
        Some(Self { items, syntax: PhantomData })
    }
}

impl<'de, Syntax: LineSyntax> Deserialize<'de> for List<Syntax> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct ListVisitor<Syntax>(PhantomData<Syntax>);
        impl<'de, Syntax: LineSyntax> Visitor<'de> for ListVisitor<Syntax> {
            type Value = List<Syntax>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of strings")
            }
            fn visit_str<E: serde::de::Error>(self, line: &str) -> Result<List<Syntax>, E> {
                List::from_line(line).ok_or_else(|| E::custom("unclosed quotation mark"))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<List<Syntax>, A::Error> {
                let mut items = Vec::new();
                while let Some(item) = elements.next_element()? {
                    items.push(item);
                }
                Ok(List { items, syntax: PhantomData })
            }
        }
        from.deserialize_any(ListVisitor(PhantomData))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Deserialize)]
    struct Lists {
        command: Option<List<CommandLine>>,
        scopes: Option<List<Scopes>>,
    }

    #[test]
    fn a_list_is_a_yaml_list_or_a_line() {
        let read = |text: &str| {
            let lists: Lists = yaml_serde::from_str(text).unwrap();
            (lists.command.map(|list| list.items), lists.scopes.map(|list| list.items))
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
