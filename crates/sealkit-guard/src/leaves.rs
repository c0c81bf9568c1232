//! The leaves of a value that is a container: the passwords, tokens and keys in it, which programs use and print on their own.
//!
//! The documentation of the crate lists the containers.
//!
//! The name of a field decides first. Without a secret name, a leaf has to look random: names and addresses do not.

mod json;
mod names;
#[cfg(test)]
mod tests;

pub(crate) use self::json::for_each as for_each_json_string;
use self::names::Class;
use crate::{
    patterns::{class_changes, decode, is_base64},
    views,
    zeroizing::ZeroizingBytes,
};

/// How deeply containers are nested.
const MAX_DEPTH: usize = 4;
/// The maximum number of leaves.
const MAX_LEAVES: usize = 512;
/// The minimum length of a leaf whose name does not say that it is secret.
const MIN_RANDOM: usize = 12;
/// The minimum length of base64 that is decoded.
const MIN_BASE64: usize = 12;
/// Longer values are no containers of secrets.
const MAX_CONTAINER: usize = 256 * 1024;

/// The authentication schemes of HTTP whose tokens follow after a space.
const SCHEMES: [&str; 7] = ["bearer", "basic", "token", "apikey", "negotiate", "bot", "key"];
/// The words of `.netrc` and similar files before a password.
const PASSWORD_WORDS: [&str; 3] = ["password", "passwd", "secret"];

/// Returns the leaves of a value. The value itself is not one of them.
pub(crate) fn leaves(value: &[u8]) -> Vec<ZeroizingBytes> {
    let mut leaves = Leaves::default();
    if let Ok(text) = str::from_utf8(value)
        && text.len() <= MAX_CONTAINER
    {
        leaves.collect(text, Class::Secret, 0);
    }
    leaves.found.retain(|leaf| **leaf != *value);
    leaves.found
}

#[derive(Default)]
struct Leaves {
    found: Vec<ZeroizingBytes>,
}

impl Leaves {
    /// Adds a leaf, and its own leaves.
    fn add(&mut self, text: &str, class: Class, depth: usize) {
        let text = text.trim();
        let is_leaf = match class {
            Class::Secret => !text.is_empty(),
            Class::Neutral => looks_random(text),
            Class::Public => false,
        };
        if is_leaf && self.found.len() < MAX_LEAVES {
            self.found.push(text.as_bytes().into());
        }
        self.collect(text, class, depth + 1);
    }

    /// Adds the leaves of a text of this class.
    fn collect(&mut self, text: &str, class: Class, depth: usize) {
        if depth > MAX_DEPTH || self.found.len() >= MAX_LEAVES {
            return;
        }
        if let Some(inside) = unquote(text) {
            return self.add(inside, class, depth);
        }
        // A section of an INI file begins with a bracket, too.
        let is_array =
            text.strip_prefix('[').is_some_and(|rest| rest.trim_start().starts_with(['"', '{', '[']));
        if text.starts_with('{') || is_array {
            return json::for_each(text, |name, string| self.add(string, names::class(name), depth));
        }
        self.urls(text, depth);
        if text.starts_with('<') {
            self.elements(text, depth);
        }
        let mut is_in_pem = false;
        for line in text.lines().map(str::trim) {
            is_in_pem = (is_in_pem || line.starts_with("-----BEGIN ")) && !line.starts_with("-----END ");
            if !is_in_pem && !line.starts_with(['#', ';', '!']) && !line.starts_with("-----") {
                self.line(line, class, depth);
            }
        }
        self.base64(text, class, depth);
    }

    /// Adds the leaves of a line.
    fn line(&mut self, line: &str, class: Class, depth: usize) {
        let words: Vec<&str> = line.split_whitespace().collect();
        if let [scheme, token] = words[..]
            && SCHEMES.iter().any(|known| scheme.eq_ignore_ascii_case(known))
        {
            return self.add(token, Class::Secret, depth);
        }
        let is_netrc = words.len() >= 4 || words.first().is_some_and(|word| PASSWORD_WORDS.contains(word));
        for pair in words.windows(2).filter(|_| is_netrc) {
            if PASSWORD_WORDS.contains(&pair[0]) {
                self.add(pair[1], Class::Secret, depth);
            }
        }
        let separators = [';', '&', ' ', ','];
        let is_list = |separator: &char| line.split(*separator).filter(|part| part.contains('=')).count() > 1;
        if let Some(separator) = separators.into_iter().find(is_list) {
            for part in split_quoted(line, separator) {
                self.assignment(part, depth);
            }
        } else if !self.assignment(line, depth) && class == Class::Secret {
            self.user_and_password(line, depth);
        }
        // Words of anything else; a slash may be a part of one.
        for separators in ["\"'`,;|", "\"'`,;|/<>()[]{}=&?@:"] {
            let parts = line.split(|c: char| c.is_whitespace() || separators.contains(c));
            parts.filter(|part| part.len() < line.len()).for_each(|part| self.add_random(part));
        }
    }

    fn add_random(&mut self, word: &str) {
        if looks_random(word) && self.found.len() < MAX_LEAVES {
            self.found.push(word.as_bytes().into());
        }
    }

    /// Adds the value of `NAME=VALUE` or `NAME: VALUE`. Returns whether the text is one.
    fn assignment(&mut self, text: &str, depth: usize) -> bool {
        let text = text.trim().trim_start_matches("- ");
        let text = text.strip_prefix("export ").unwrap_or(text);
        let Some(at) = text.find(['=', ':']) else { return false };
        // The last part of a name may follow a colon, as in `//registry/:_authToken=`.
        let at = match text.find('=') {
            Some(equals) if text[at..].starts_with(":_") => equals,
            _ => at,
        };
        let (name, value) = (text[..at].trim(), &text[at + 1..]);
        let is_colon = text[at..].starts_with(':');
        let value = value.strip_prefix('=').filter(|_| !is_colon).unwrap_or(value);
        let is_name = !name.is_empty() && name.len() <= 64 && !value.starts_with("//");
        // Without a space after the colon, it may be a user and a password.
        if !is_name || is_colon && !value.starts_with([' ', '\t', '"', '\'']) {
            return false;
        }
        let value = value.trim();
        let class = names::class(unquote(name).unwrap_or(name));
        self.add(value, class, depth);
        // A comment may follow.
        let value = match value.split_once(" #") {
            Some((before, _)) => {
                self.add(before.trim_end(), class, depth);
                before.trim_end()
            }
            None => value,
        };
        let inside = |open: char, close: char| value.strip_prefix(open)?.strip_suffix(close);
        if let Some(text) = inside('"', '"').or_else(|| inside('\'', '\'')) {
            self.add_resolved(text, &views::without_backslashes(text.as_bytes()), class, depth);
            for (doubled, quote) in [("''", "'"), ("\"\"", "\"")] {
                self.add_resolved(text, &ZeroizingBytes::replaced(text, doubled, quote), class, depth);
            }
        }
        if let Some(text) = inside('{', '}') {
            self.add(text, class, depth);
            self.add_resolved(text, &ZeroizingBytes::replaced(text, "}}", "}"), class, depth);
        }
        true
    }

    /// Adds the last part of `user:password` and of longer lists, and the password of `user/password@host`.
    fn user_and_password(&mut self, line: &str, depth: usize) {
        let oracle = line.rsplit_once('@').and_then(|(login, _)| login.split_once('/'));
        if let Some((_, password)) = oracle.filter(|_| !line.contains("://") && !line.contains(' ')) {
            self.add(password, Class::Secret, depth);
        }
        let Some((user, password)) = line.split_once(':') else { return };
        let is_user = !user.is_empty() && !user.contains(char::is_whitespace) && !password.starts_with("//");
        if !is_user || password.is_empty() || line.contains("://") {
            return;
        }
        self.add(password, if password.contains(' ') { Class::Neutral } else { Class::Secret }, depth);
        if let Some((_, last)) = password.rsplit_once(':').filter(|(_, last)| !last.is_empty()) {
            self.add(last, Class::Secret, depth);
        }
    }

    /// Adds the secrets of the URLs in a text.
    fn urls(&mut self, text: &str, depth: usize) {
        for (at, _) in text.match_indices("://") {
            let rest = &text[at + 3..];
            let end = rest.find(|c: char| c.is_whitespace() || "\"'<>`".contains(c)).unwrap_or(rest.len());
            let url = &rest[..end];
            // Passwords with a slash or a hash are not escaped by everyone: the last `@` before the host counts.
            let path = url.find(['/', '?', '#']).unwrap_or(url.len());
            let at_sign =
                url[..path].rfind('@').or_else(|| url.rfind('@').filter(|at| url[..*at].contains(':')));
            if let Some(at_sign) = at_sign {
                match url[..at_sign].split_once(':') {
                    Some((user, password)) => {
                        self.add_decoded(password, Class::Secret, depth);
                        self.add_decoded(user, Class::Neutral, depth);
                    }
                    None => self.add_decoded(&url[..at_sign], Class::Neutral, depth),
                }
            }
            let tail = &url[at_sign.map_or(0, |at| at + 1)..];
            let (path, query) = tail.split_once(['?', ';', '#']).unwrap_or((tail, ""));
            for part in query.split(['&', ';', '#']) {
                if let Some((name, value)) = part.split_once('=') {
                    self.add_decoded(value, names::class(name), depth);
                }
            }
            for part in path.split('/').skip(1) {
                self.add_decoded(part, Class::Neutral, depth);
            }
        }
    }

    fn add_decoded(&mut self, text: &str, class: Class, depth: usize) {
        self.add(text, class, depth);
        self.add_resolved(text, &views::without_percent(text.as_bytes()), class, depth);
    }

    /// Adds a text without its escapes, if it had any.
    fn add_resolved(&mut self, text: &str, resolved: &[u8], class: Class, depth: usize) {
        if *resolved != *text.as_bytes()
            && let Ok(resolved) = str::from_utf8(resolved)
        {
            self.add(resolved, class, depth);
        }
    }

    /// Adds the texts and attributes of XML elements.
    fn elements(&mut self, text: &str, depth: usize) {
        for part in text.split('<').skip(1) {
            let Some((tag, content)) = part.split_once('>') else { continue };
            let name = tag.split(|c: char| c.is_whitespace() || c == '/').next().unwrap_or_default();
            if !content.trim().is_empty() {
                let class = names::class(name);
                self.add(content, class, depth);
                self.add_resolved(content, &views::without_entities(content.as_bytes()), class, depth);
            }
            let attributes: Vec<(&str, &str)> = split_quoted(tag, ' ')
                .filter_map(|attribute| attribute.split_once('='))
                .map(|(name, value)| (name.trim(), value.trim_end_matches('/').trim_matches(['"', '\''])))
                .collect();
            // `<add key="password" value="…"/>`
            let named = attributes.iter().find(|(name, _)| ["key", "name", "id"].contains(name));
            for (name, value) in &attributes {
                let name = if *name == "value" { named.map_or(*name, |(_, name)| name) } else { name };
                if !["key", "name", "id"].contains(&name) {
                    let class = names::class(name);
                    self.add(value, class, depth);
                    self.add_resolved(value, &views::without_entities(value.as_bytes()), class, depth);
                }
            }
        }
    }

    /// Adds the text that the whole `text` encodes in base64.
    fn base64(&mut self, text: &str, class: Class, depth: usize) {
        let body = text.trim_end_matches('=');
        if body.len() < MIN_BASE64 || !body.bytes().all(is_base64) {
            return;
        }
        let decoded = decode(body.as_bytes());
        let is_printable = |byte: &u8| !byte.is_ascii_control() || byte.is_ascii_whitespace();
        if let Ok(decoded) = str::from_utf8(&decoded)
            && decoded.bytes().all(|byte| is_printable(&byte))
        {
            self.add(decoded, class, depth);
        }
    }
}

/// Returns what is between quotes, or after a byte order mark.
fn unquote(text: &str) -> Option<&str> {
    if let Some(text) = text.strip_prefix('\u{feff}') {
        return Some(text.trim());
    }
    ['"', '\'', '`'].into_iter().find_map(|quote| {
        let inside = text.strip_prefix(quote)?.strip_suffix(quote)?;
        (!inside.is_empty() && !inside.contains(quote)).then_some(inside)
    })
}

/// Splits a text at a separator that is not between quotes.
fn split_quoted(text: &str, separator: char) -> impl Iterator<Item = &str> {
    let (mut quote, mut is_escaped) = (None, false);
    text.split(move |c| {
        match quote {
            Some(_) if is_escaped => is_escaped = false,
            Some(_) if c == '\\' => is_escaped = true,
            Some(close) if close == c => quote = None,
            None if matches!(c, '"' | '\'') => quote = Some(c),
            None if c == '{' => quote = Some('}'),
            _ => {}
        }
        quote.is_none() && c == separator
    })
}

/// Returns whether a text looks random, unlike a name, an address or a sentence.
fn looks_random(text: &str) -> bool {
    text.len() >= MIN_RANDOM
        && text.bytes().all(|byte| byte.is_ascii_graphic())
        && !text.contains("://")
        && text.bytes().any(|byte| byte.is_ascii_digit())
        && text.bytes().any(|byte| byte.is_ascii_alphabetic())
        && class_changes(text.as_bytes()) * 4 >= text.len()
}
