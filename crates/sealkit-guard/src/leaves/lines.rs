//! The leaves of lines: `NAME=VALUE`, `NAME: VALUE`, lists of these, logins, and words that look random.

use super::{
    Class, Leaves,
    blocks::{Block, Label, class_of_block, indent},
    commands::ASSIGNING,
    is_reference, looks_random,
    names::{self, MAX_NAME},
    unquote,
};
use crate::{views, zeroizing::ZeroizingBytes};

/// The authentication schemes of HTTP whose tokens follow after a space.
const SCHEMES: [&str; 7] = ["bearer", "basic", "token", "apikey", "negotiate", "bot", "key"];
/// The words of `.netrc` and similar files before a password.
const PASSWORD_WORDS: [&str; 3] = ["password", "passwd", "secret"];
/// The signs around a text of several lines in TOML and Python.
const TRIPLE_QUOTES: [&str; 2] = ["\"\"\"", "'''"];
/// How a quote is written between quotes in YAML, CSV, and in shells.
const QUOTES: [(&str, &str); 4] = [("''", "'"), ("\"\"", "\""), ("'\\''", "'"), ("'\"'\"'", "'")];

/// What a line assigns.
struct Assigned<'t> {
    class: Class,
    /// Whether the value is in the next lines.
    is_open: bool,
    /// The line that ends them, if there is one.
    end: Option<&'t str>,
}

impl Leaves {
    /// Adds the leaves of the lines of a text of this class.
    pub(super) fn lines(&mut self, text: &str, class: Class, depth: usize) {
        let (mut block, mut label, mut is_in_pem): (Option<Block<'_>>, _, _) =
            (None, Label::default(), false);
        let mut section = Class::Neutral;
        self.table(text, depth);
        for indented in text.lines() {
            let line = indented.trim();
            is_in_pem = (is_in_pem || line.starts_with("-----BEGIN ")) && !line.starts_with("-----END ");
            if is_in_pem || line.is_empty() || line.starts_with(['#', ';', '!']) || line.starts_with("-----")
            {
                continue;
            }
            let indent = indent(indented);
            let item = line.strip_prefix("- ");
            block = block.filter(|block| block.contains(indented));
            if let Some(name) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
                section = names::class(name.trim_matches(['[', ']']));
                continue;
            }
            let outer = block.as_ref().map_or(section, |block| block.class);
            if let Some(class) = class_of_block(line) {
                block = Some(Block { indent, class, end: None });
                continue;
            }
            match self.line(line, class, outer, &mut label, depth) {
                Some(Assigned { class, is_open: true, end }) if class.is_secret() => {
                    let opened = Block { indent, class, end };
                    let after = indented.as_ptr() as usize + indented.len() - text.as_ptr() as usize;
                    let is_scalar = line.trim_end_matches(['-', '+']).ends_with(['|', '>']);
                    if let Some(only) = opened.only_line(&text[after..]).filter(|_| is_scalar) {
                        self.add(only, class, depth);
                    }
                    block = Some(opened);
                }
                None if outer.is_secret() => {
                    let end = block.as_ref().and_then(|block| block.end);
                    let last = end.and_then(|end| line.strip_suffix(end));
                    self.add(last.or(item).unwrap_or(line), Class::Likely, depth);
                    block = block.filter(|_| last.is_none());
                }
                _ => {}
            }
        }
    }

    /// Adds the fields of the rows of a table in CSV or TSV, whose first line has their names.
    fn table(&mut self, text: &str, depth: usize) {
        let mut lines = text.lines();
        let first = lines.next().unwrap_or_default();
        let separator = [',', ';', '\t', '|'].into_iter().find(|separator| first.contains(*separator));
        let Some(separator) = separator else { return };
        let names: Vec<&str> = first.split(separator).collect();
        let is_name = |name: &&str| name.chars().all(|c| c.is_alphanumeric() || " _-\"".contains(c));
        let classes: Vec<Class> = names.iter().copied().map(names::class).collect();
        if names.len() < 2 || !names.iter().all(is_name) || !classes.iter().any(|class| class.is_secret()) {
            return;
        }
        for line in lines.filter(|line| split_quoted(line, separator).count() == names.len()) {
            for (value, class) in split_quoted(line, separator).zip(&classes) {
                self.value(value.trim(), *class, depth);
            }
        }
    }

    /// Adds the leaves of a line. Returns what it assigns, if it is one assignment.
    fn line<'t>(
        &mut self,
        line: &'t str,
        class: Class,
        outer: Class,
        label: &mut Label,
        depth: usize,
    ) -> Option<Assigned<'t>> {
        let words: Vec<&str> = line.split_whitespace().collect();
        if let [scheme, token] = words[..]
            && SCHEMES.iter().any(|known| scheme.eq_ignore_ascii_case(known))
        {
            self.add(token, Class::Secret, depth);
            return None;
        }
        let is_netrc = words.len() >= 4 || words.first().is_some_and(|word| PASSWORD_WORDS.contains(word));
        for pair in words.windows(2).filter(|_| is_netrc) {
            if PASSWORD_WORDS.contains(&pair[0]) {
                self.add(pair[1], Class::Secret, depth);
            }
        }
        self.command(line, &words, depth);
        let assigned = self.assignments(line, outer, label, depth);
        if assigned.is_none() && class.is_secret() {
            self.user_and_password(line, depth);
        }
        // Words of anything else; a slash may be a part of one.
        for separators in ["\"'`,;|", "\"'`,;|/<>()[]{}=&?@:"] {
            let parts = line.split(|c: char| c.is_whitespace() || separators.contains(c));
            for part in parts.filter(|part| class != Class::Public && part.len() < line.len()) {
                self.add_random(part);
            }
        }
        assigned
    }

    /// Adds the values of a line that is an assignment or a list of these.
    fn assignments<'t>(
        &mut self,
        line: &'t str,
        outer: Class,
        label: &mut Label,
        depth: usize,
    ) -> Option<Assigned<'t>> {
        let dense = ZeroizingBytes::replaced(line, " = ", "=");
        let dense = str::from_utf8(&dense).unwrap_or(line);
        let count =
            |separator: char| split_quoted(dense, separator).filter(|part| part.contains('=')).count();
        // The others may be parts of the values. Of equals, the last one counts.
        let separators = [',', ' ', '&', ';'].into_iter().map(|separator| (count(separator), separator));
        let most = separators.filter(|(count, _)| *count > 1).max_by_key(|(count, _)| *count);
        if let Some((_, separator)) = most {
            for part in split_quoted(dense, separator) {
                self.assignment(part, outer, label, depth);
            }
            // The separator may be a part of one value.
            if let Some((name, value)) =
                dense.split_once('=').filter(|(name, _)| names::class(name) == Class::Secret)
            {
                self.value(value, names::class(name), depth);
            }
            return Some(Assigned { class: Class::Neutral, is_open: false, end: None });
        }
        let assigned = self.assignment(line, outer, label, depth);
        // Maps of YAML, TOML and programming languages.
        if line.contains('{') && !is_reference(line) {
            for part in split_outside_quotes(line, |c| matches!(c, '{' | '}' | ',')) {
                self.assignment(part, outer, label, depth);
            }
        }
        assigned
    }

    /// Adds the value of `NAME=VALUE` or `NAME: VALUE`, inside of a field of the class `outer`.
    fn assignment<'t>(
        &mut self,
        text: &'t str,
        outer: Class,
        label: &mut Label,
        depth: usize,
    ) -> Option<Assigned<'t>> {
        let text = text.trim().trim_start_matches("- ");
        let command = ASSIGNING.iter().find_map(|command| text.strip_prefix(command)?.strip_prefix(' '));
        // Symbols of Ruby begin with a colon.
        let text = command.unwrap_or(text).trim_start_matches(':');
        let at = text.find(['=', ':'])?;
        // The last part of a name may follow a colon, as in `//registry/:_authToken=`.
        let at = match text.find('=') {
            Some(equals) if text[at..].starts_with(":_") || text.starts_with("//") => equals,
            _ => at,
        };
        let (name, value) = (text[..at].trim(), &text[at + 1..]);
        let is_colon = text[at..].starts_with(':');
        // `==` and `=>`
        let operator = ["=", "> ", ">\"", ">'"].into_iter().find(|sign| !is_colon && value.starts_with(sign));
        let value = if operator.is_some() { &value[1..] } else { value };
        let is_name = !name.is_empty() && name.len() <= MAX_NAME && !value.starts_with("//");
        // Without a space after the colon, it may be a user and a password.
        if !is_name || is_colon && !(value.is_empty() || value.starts_with([' ', '\t', '"', '\''])) {
            return None;
        }
        let (name, value) = (unquote(name).unwrap_or(name), value.trim());
        let class = label.class(name, value, names::class_inside(name, outer));
        if class == Class::Public {
            self.add_public(text);
        }
        let here = value.strip_prefix("<<").map(|word| word.trim_matches(['-', '~', '"', '\'']));
        let is_delimiter = |word: &&str| {
            !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b'_')
        };
        let end =
            here.filter(is_delimiter).or_else(|| TRIPLE_QUOTES.into_iter().find(|quotes| value == *quotes));
        let is_open = value.is_empty()
            || value.starts_with(['|', '>']) && value.len() <= 3
            || matches!(value, "[" | "{" | "(")
            || end.is_some();
        if !is_open {
            self.value(value, class, depth);
            if name.ends_with("user") {
                self.login(value, Class::Likely, depth);
            }
        }
        Some(Assigned { class, is_open, end })
    }

    /// Adds the value of a field, with and without the anchor and the tag of YAML that may come first.
    pub(super) fn value(&mut self, mut value: &str, class: Class, depth: usize) {
        self.forms(value, class, depth);
        for _ in 0..2 {
            let Some((_, rest)) = value.split_once(' ').filter(|_| value.starts_with(['&', '!'])) else {
                return;
            };
            value = rest.trim();
            self.forms(value, class, depth);
        }
    }

    /// Adds a value, in all ways in which it may be meant.
    fn forms(&mut self, value: &str, class: Class, depth: usize) {
        self.add(value, class, depth);
        // A comment may follow, or the end of a statement.
        let end = value.split_once(" #").map_or(value, |(before, _)| before).trim_end();
        let end = end.trim_end_matches([',', ';']);
        if end != value {
            self.add(end, class, depth);
        }
        let inside = |open: char, close: char| end.strip_prefix(open)?.strip_suffix(close);
        if let Some(text) = inside('"', '"').or_else(|| inside('\'', '\'')) {
            self.add_resolved(text, &views::without_backslashes(text.as_bytes()), class, depth);
            for (doubled, quote) in QUOTES {
                self.add_resolved(text, &ZeroizingBytes::replaced(text, doubled, quote), class, depth);
            }
        } else {
            self.add_resolved(end, &views::without_backslashes(end.as_bytes()), class, depth);
            self.add_resolved(end, &views::without_percent(end.as_bytes()), class, depth);
            if end.contains('+') {
                // As in forms.
                let spaces = ZeroizingBytes::replaced(end, "+", " ");
                self.add_resolved(end, &views::without_percent(&spaces), class, depth);
            }
        }
        if let Some(text) = inside('{', '}') {
            self.add(text, class, depth);
            self.add_resolved(text, &ZeroizingBytes::replaced(text, "}}", "}"), class, depth);
        }
    }

    /// Adds the last part of `user:password` and of longer lists, and the password of `user/password@host`.
    fn user_and_password(&mut self, line: &str, depth: usize) {
        if line.contains("://") {
            return;
        }
        let oracle = line.rsplit_once('@').and_then(|(login, _)| login.split_once('/'));
        if let Some((_, password)) = oracle.filter(|(login, _)| !login.contains(':') && !line.contains(' ')) {
            // What comes after the host is a port.
            return self.add(password, Class::Secret, depth);
        }
        let Some((user, password)) = line.split_once(':') else { return };
        let is_user = !user.contains(char::is_whitespace) && !password.starts_with("//");
        if !is_user || password.is_empty() {
            return;
        }
        // `.pgpass` has five fields.
        let is_pgpass = line.matches(':').count() == 4;
        let class = if password.contains(' ') && !is_pgpass { Class::Neutral } else { Class::Secret };
        self.add(password, class, depth);
        // `user:password@host:port`
        if let Some((password, _)) = password.rsplit_once('@') {
            self.add(password, class, depth);
        }
        let is_end = |(at, _): &(usize, &str)| !password[..*at].ends_with('\\');
        if let Some((at, _)) = password.rmatch_indices(':').find(is_end) {
            self.add(&password[at + 1..], class, depth);
            let resolved = views::without_backslashes(&password.as_bytes()[at + 1..]);
            self.add_resolved(&password[at + 1..], &resolved, class, depth);
        }
    }

    /// Adds the password of a login as in HTTP Basic authentication; either part may be empty.
    pub(super) fn basic(&mut self, login: &str, depth: usize) {
        if let Some((user, password)) = login.split_once(':').filter(|_| !login.contains(['\n', '{', '"'])) {
            self.add(if password.is_empty() { user } else { password }, Class::Secret, depth);
        }
    }

    fn add_random(&mut self, word: &str) {
        let is_public = || {
            self.public.iter().any(|public| public.windows(word.len()).any(|part| *part == *word.as_bytes()))
        };
        if looks_random(word) && !is_public() {
            self.push(word);
        }
    }
}

/// Splits a text at a separator that is not between quotes or braces.
pub(super) fn split_quoted(text: &str, separator: char) -> impl Iterator<Item = &str> {
    let mut is_in_braces = false;
    split_outside_quotes(text, move |c| {
        is_in_braces = c == '{' || is_in_braces && c != '}';
        !is_in_braces && c == separator
    })
}

/// Splits a text at separators that are not between quotes.
pub(super) fn split_outside_quotes(
    text: &str,
    mut is_separator: impl FnMut(char) -> bool,
) -> impl Iterator<Item = &str> {
    let (mut quote, mut is_escaped) = (None, false);
    text.split(move |c| {
        match quote {
            Some(_) if is_escaped => is_escaped = false,
            Some(_) if c == '\\' => is_escaped = true,
            Some(close) if close == c => quote = None,
            None if matches!(c, '"' | '\'') => quote = Some(c),
            _ => {}
        }
        quote.is_none() && is_separator(c)
    })
}
