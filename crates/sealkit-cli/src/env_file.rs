//! Files of variables: for `sealkit run --env-file`, secrets that tasks request and the environment of the tasks; for `sealkit create secret
//! --from-env-file`, secrets.

use std::{
    ffi::OsString,
    fs, io,
    path::{Path, PathBuf},
};

use sealkit_names::{
    lookup::{self, Pass},
    variables,
};
use sealkit_program::{SecretRequest, Task};
use zeroize::Zeroizing;

use crate::error::CommandError;

/// The variables of a file.
#[derive(Default)]
pub(crate) struct EnvFile {
    path: PathBuf,
    variables: Vec<(String, Zeroizing<String>)>,
}

impl EnvFile {
    /// Reads a file with a line `NAME=VALUE` for each variable; `option` names it in errors.
    pub(crate) fn read(path: &Path, option: &str) -> Result<Self, CommandError> {
        let unreadable = |reason: &str| {
            let path = sealkit_names::escape(&path.to_string_lossy());
            CommandError::usage(format!("cannot read `{option} {path}`: {reason}"))
        };
        let text = fs::read_to_string(path).map_err(|error| match error.kind() {
            io::ErrorKind::InvalidData => unreadable("it is not UTF-8 text"),
            _ => unreadable(&sealkit_names::io_reason(&error)),
        })?;
        let text = Zeroizing::new(text);
        // The line itself may be a secret.
        let variables = parse(&text).map_err(|line| {
            unreadable(&format!("line {line} is not `NAME=VALUE`")).with_hint(
                "write one variable per line; a value with spaces or a `#` in quotes: NAME='a value'",
            )
        })?;
        Ok(Self { path: path.to_owned(), variables })
    }

    /// Returns the names and values, in the order of the file.
    pub(crate) fn variables(&self) -> impl Iterator<Item = (&str, &str)> {
        self.variables.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Returns a secret, under the names of variables that tasks look up in process.
    pub(crate) fn find(&self, request: &SecretRequest) -> Option<Zeroizing<Vec<u8>>> {
        let value = names(request, |name| self.get(name))?;
        Some(Zeroizing::new(value.as_bytes().to_vec()))
    }

    /// Returns the variables that are not secrets of the tasks.
    pub(crate) fn environment(&self, tasks: &[Task]) -> Result<Vec<(OsString, OsString)>, CommandError> {
        let mut secrets: Vec<String> = Vec::new();
        for request in tasks.iter().flat_map(|task| &task.secret_requests) {
            names(request, |name| -> Option<()> {
                secrets.push(name.to_owned());
                None
            });
        }
        let others = self.variables.iter().filter(|(name, _)| !secrets.contains(name));
        let variable = |(name, value): &(String, Zeroizing<String>)| {
            if variables::is_reserved(name) {
                let message = format!(
                    "cannot set `{}` with `--env-file {}`: Flyte and sealkit reserve it, and no task requests it",
                    sealkit_names::escape(name),
                    sealkit_names::escape(&self.path.to_string_lossy())
                );
                return Err(CommandError::usage(message));
            }
            Ok((OsString::from(name), OsString::from(&**value)))
        };
        others.map(variable).collect()
    }

    /// Returns the last value of a variable.
    fn get(&self, name: &str) -> Option<&str> {
        self.variables.iter().rev().find(|(known, _)| known == name).map(|(_, value)| &***value)
    }
}

/// Calls `probe` with the names of variables that may contain a secret, until it returns a value.
fn names<T>(request: &SecretRequest, mut probe: impl FnMut(&str) -> Option<T>) -> Option<T> {
    let prefixes = variables::DEFAULT_ENV_PREFIXES.map(str::to_owned);
    let request = request.request();
    let passes = [Pass::Declared, Pass::Flytekit, Pass::Injected];
    let found = passes
        .into_iter()
        .find_map(|pass| lookup::variable(pass, &request, &prefixes, true, |name| probe(name)));
    found.map(|(_, value)| value)
}

/// Parses lines `NAME=VALUE`, as usual in `.env` files. Returns the number of the first malformed line.
///
/// Empty lines, lines that begin with `#`, and the word `export` are skipped. A value in quotes may contain line breaks; in double quotes, `\n`,
/// `\"` and `\\` stand for single characters. A value without quotes ends before a `#` that follows white space. A `$` has no meaning:
/// passwords contain it.
fn parse(text: &str) -> Result<Vec<(String, Zeroizing<String>)>, usize> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut variables = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let number = || text[..text.len() - rest.len()].matches('\n').count() + 1;
        let (line, after) = rest.split_once('\n').unwrap_or((rest, ""));
        if line.trim().is_empty() || line.trim_start().starts_with('#') {
            rest = after;
            continue;
        }
        let (name, value) = rest.split_once('=').ok_or_else(number)?;
        let name = name.trim();
        let name = name.strip_prefix("export ").map_or(name, str::trim_start);
        let is_name = |c: char| c.is_ascii_alphanumeric() || "_-.".contains(c);
        if name.is_empty() || !name.chars().all(is_name) {
            return Err(number());
        }
        let value = value.trim_start_matches([' ', '\t']);
        let (value, after) = match value.chars().next() {
            Some(quote @ ('"' | '\'')) => quoted(&value[1..], quote).ok_or_else(number)?,
            _ => {
                let (line, after) = value.split_once('\n').unwrap_or((value, ""));
                let comment = [" #", "\t#"].iter().filter_map(|start| line.find(start)).min();
                let line = if line.starts_with('#') { "" } else { &line[..comment.unwrap_or(line.len())] };
                (Zeroizing::new(line.trim_end().to_owned()), after)
            }
        };
        variables.push((name.to_owned(), value));
        rest = after;
    }
    Ok(variables)
}

/// Returns the value up to the closing quote, and the text after its line; `None` if the quote is not closed, or is not the end.
fn quoted(text: &str, quote: char) -> Option<(Zeroizing<String>, &str)> {
    let mut is_escaped = false;
    let end = text.find(|character| {
        let is_end = character == quote && !is_escaped;
        is_escaped = character == '\\' && quote == '"' && !is_escaped;
        is_end
    })?;
    let (rest, after) = text[end + 1..].split_once('\n').unwrap_or((&text[end + 1..], ""));
    let rest = rest.trim();
    // Large enough from the start: a growing text would leave copies behind.
    let mut value = Zeroizing::new(String::with_capacity(end));
    let mut characters = text[..end].chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '\\' if quote == '"' => match characters.next()? {
                'n' => value.push('\n'),
                escaped @ ('"' | '\\') => value.push(escaped),
                other => value.extend(['\\', other]),
            },
            '\r' if characters.peek() == Some(&'\n') => {}
            _ => value.push(character),
        }
    }
    (rest.is_empty() || rest.starts_with('#')).then_some((value, after))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Result<Vec<(String, String)>, usize> {
        let variables = parse(text)?;
        Ok(variables.into_iter().map(|(name, value)| (name, value.as_str().to_owned())).collect())
    }

    #[test]
    fn values_are_taken_as_they_are_written() {
        for (text, value) in [
            ("A=b", "b"),
            ("\u{feff}export A = b \r\n", "b"),
            ("# A=a\n\nA=b # c", "b"),
            ("A=pa$$w0rd#1", "pa$$w0rd#1"),
            ("A=${HOME}=x", "${HOME}=x"),
            ("A=", ""),
            ("A= # nothing", ""),
            ("A='b # c' # d", "b # c"),
            (r#"A="b\n\"c\" \d""#, "b\n\"c\" \\d"),
            ("A='-----BEGIN-----\r\nx\r\n-----END-----'\n", "-----BEGIN-----\nx\n-----END-----"),
            (r"A='b\n'", r"b\n"),
        ] {
            assert_eq!(parsed(text), Ok(vec![("A".to_owned(), value.to_owned())]), "{text}");
        }
        let two = parsed("A='1\n2'\nB=3").unwrap();
        assert_eq!(two, [("A".to_owned(), "1\n2".to_owned()), ("B".to_owned(), "3".to_owned())]);
        assert_eq!(parsed(""), Ok(Vec::new()));
    }

    #[test]
    fn a_malformed_line_has_a_number() {
        for (text, line) in
            [("A=b\nhunter2", 2), ("=b", 1), ("A='b", 1), ("A='b'c", 1), ("A=b\n\nB C=d", 3), ("x\nA=b", 1)]
        {
            assert_eq!(parsed(text), Err(line), "{text}");
        }
    }
}
