//! Text building blocks of messages.

use std::{fmt::Display, io};

/// Returns a name, a path or an argument for a message: control characters are escaped, and it is truncated to 200 characters.
pub fn escape(name: &str) -> String {
    const MAX_CHARS: usize = 200;
    let mut text = String::new();
    for c in name.chars().take(MAX_CHARS) {
        // Messages quote Rust code, which escaped quotes would break.
        if matches!(c, '"' | '\'') { text.push(c) } else { text.extend(c.escape_debug()) }
    }
    if name.chars().nth(MAX_CHARS).is_some() {
        text.push('…');
    }
    text
}

/// Returns the first paragraph of a doc comment as one line.
pub fn first_paragraph(docs: &str) -> String {
    let lines = docs.trim().lines().map(str::trim).take_while(|line| !line.is_empty());
    lines.collect::<Vec<_>>().join(" ")
}

/// Returns the text of an I/O error without Rust's suffix ` (os error 2)`, which adds nothing.
pub fn io_reason(error: &io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error").next().unwrap_or_default().to_owned()
}

/// Returns whether Python's `str.strip` removes `c`, as flytekit does from secrets. Python has four separators more than Rust.
pub fn is_white_space(c: char) -> bool {
    c.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&c)
}

/// Formats a list: `` `a`, `b` and `c` `` with the conjunction `and`.
pub fn quoted_list<T: Display>(names: impl IntoIterator<Item = T>, conjunction: &str) -> String {
    let names: Vec<String> = names.into_iter().map(|name| format!("`{name}`")).collect();
    match names.as_slice() {
        [] => String::new(),
        [one] => one.clone(),
        [most @ .., last] => format!("{} {conjunction} {last}", most.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_escaped_and_truncated() {
        assert_eq!(escape("a\u{1b}[31m\n"), "a\\u{1b}[31m\\n");
        assert_eq!(escape(&"k".repeat(10_000)).chars().count(), 201);
    }

    #[test]
    fn a_first_paragraph_is_one_line() {
        assert_eq!(
            first_paragraph("\n Counts the rows\n of a table. \n  \nIn full."),
            "Counts the rows of a table."
        );
        assert_eq!(first_paragraph("In short.\r\n\r\nIn full."), "In short.");
        assert_eq!(first_paragraph(" \n"), "");
    }

    #[test]
    fn the_number_of_an_io_error_is_left_out() {
        assert_eq!(io_reason(&io::Error::from_raw_os_error(2)), "No such file or directory");
        assert_eq!(io_reason(&io::Error::other("it (os) failed")), "it (os) failed");
    }
}
