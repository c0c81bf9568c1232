//! The leaves of a value that is a container: the passwords, tokens and keys in it, which programs use and print on their own.
//!
//! The documentation of the crate lists the containers.
//!
//! The name of a field decides first. Without a secret name, a leaf has to look random: names and addresses do not.

mod blocks;
mod commands;
mod json;
mod lines;
mod names;
#[cfg(test)]
mod tests;
mod xml;

pub(crate) use self::{json::for_each as for_each_json_string, names::Class};
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
/// The same for a secret field, as in a `Secret` of Kubernetes.
const MIN_SECRET_BASE64: usize = 8;
/// The rest of a longer URL is not looked at.
const MAX_URL: usize = 8 * 1024;
/// Longer values are no containers of secrets.
const MAX_CONTAINER: usize = 256 * 1024;

/// The shortest binary key that is looked for in base64 and hexadecimal.
const MIN_BINARY: usize = 16;
/// A shorter public text is not looked for in random text.
const MIN_PUBLIC: usize = 12;
/// The longest word of an ordinary text.
const MAX_WORD: usize = 15;
/// The secret members of a JWK (RFC 7518).
pub(crate) const SECRET_JWK: [&str; 7] = ["d", "p", "q", "dp", "dq", "qi", "k"];
/// The public members of a JWK with binary data.
const PUBLIC_JWK: [&str; 7] = ["x", "y", "n", "e", "kid", "x5c", "x5t"];
/// The beginning of the public keys of age.
pub(crate) const AGE_RECIPIENT: &str = "age1";
/// What the ids of AWS keys begin with, as its manual of IAM identifiers says.
const AWS_KEY_IDS: [&str; 2] = ["AKIA", "ASIA"];
/// The length of such an id.
const AWS_KEY_ID: usize = 20;
/// What some servers take as the password of a URL, if its user is a token.
const NO_PASSWORD: &str = "x-oauth-basic";

/// The leaves of a value.
#[derive(Default)]
pub(crate) struct Leaves {
    /// The secret ones.
    pub(crate) found: Vec<ZeroizingBytes>,
    /// Those whose names say that they are public.
    pub(crate) public: Vec<ZeroizingBytes>,
}

impl Leaves {
    /// Finds the leaves of a value. The value itself is not one of them.
    pub(crate) fn of(value: &[u8]) -> Self {
        let mut leaves = Self::default();
        if let Ok(text) = str::from_utf8(value)
            && text.len() <= MAX_CONTAINER
        {
            leaves.collect(text, Class::Secret, 0);
            leaves.add_aws_key_ids(text);
        }
        leaves.found.retain(|leaf| **leaf != *value);
        leaves
    }

    /// Adds a leaf, and its own leaves.
    fn add(&mut self, text: &str, class: Class, depth: usize) {
        let text = text.trim();
        if let Some(inside) = unquote(text) {
            return self.add(inside, class, depth);
        }
        let is_leaf = match class {
            Class::Secret => !text.is_empty(),
            Class::Likely => !is_ordinary(text),
            Class::Neutral => looks_random(text),
            Class::Public => false,
        };
        if is_leaf && !is_reference(text) {
            self.push(text);
        }
        if class == Class::Public {
            self.add_public(text);
        }
        self.collect(text, class, depth + 1);
    }

    fn add_public(&mut self, text: &str) {
        if text.len() >= MIN_PUBLIC && self.public.len() < MAX_LEAVES {
            self.public.push(text.as_bytes().into());
        }
    }

    /// Makes the ids of AWS keys public: they stand before their secrets, and look random.
    fn add_aws_key_ids(&mut self, text: &str) {
        let is_part = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
        for (at, _) in AWS_KEY_IDS.iter().flat_map(|prefix| text.match_indices(prefix)) {
            if let Some(id) = text.get(at..at + AWS_KEY_ID).filter(|id| id.bytes().all(is_part)) {
                self.add_public(id);
                self.found.retain(|leaf| **leaf != *id.as_bytes());
            }
        }
    }

    fn push(&mut self, leaf: impl AsRef<[u8]>) {
        if self.found.len() < MAX_LEAVES {
            self.found.push(leaf.as_ref().into());
        }
    }

    /// Adds the leaves of a text of this class.
    fn collect(&mut self, text: &str, class: Class, depth: usize) {
        if depth > MAX_DEPTH || self.found.len() >= MAX_LEAVES {
            return;
        }
        if let Some(inside) = unquote(text) {
            return self.add(inside, class, depth);
        }
        if let Some(bytes) = json::bytes(text).filter(|bytes| class.is_secret() && bytes.len() >= MIN_BINARY)
        {
            return self.push(&*bytes);
        }
        // A section of an INI file begins with a bracket, too.
        let is_array =
            text.strip_prefix('[').is_some_and(|rest| rest.trim_start().starts_with(['"', '{', '[']));
        if text.starts_with('{') || is_array {
            let is_jwk = text.contains("\"kty\"");
            let (mut label, mut has_strings) = (blocks::Label::default(), false);
            json::for_each(text, class, |name, class, string| {
                has_strings = true;
                let class = match name {
                    _ if !is_jwk => class,
                    _ if SECRET_JWK.contains(&name) => Class::Secret,
                    _ if PUBLIC_JWK.contains(&name) => Class::Public,
                    _ => class,
                };
                self.add(string, label.class(name, string, class), depth);
            });
            if has_strings
                && text[1..].trim_start().starts_with(['"', '{', '['])
                && text.ends_with(['}', ']'])
            {
                return;
            }
        }
        self.urls(text, depth);
        if text.starts_with('<') {
            self.elements(text, depth);
        }
        self.lines(text, class, depth);
        self.encoded(text, class, depth);
    }

    /// Adds the secrets of the URLs in a text.
    fn urls(&mut self, text: &str, depth: usize) {
        let has_spaces = text.contains(char::is_whitespace);
        for (at, _) in text.match_indices("://") {
            if self.found.len() >= MAX_LEAVES {
                return;
            }
            let rest = &text[at + 3..];
            let rest = rest.get(..MAX_URL).unwrap_or(rest);
            // A URL inside of this one is the next one.
            let rest = rest.find("://").map_or(rest, |next| &rest[..next]);
            // Where the URL is all of the value, quotes are a part of it.
            let is_scheme = |byte: u8| byte.is_ascii_alphanumeric() || b"+-.:".contains(&byte);
            let is_whole = !has_spaces && text[..at].bytes().all(is_scheme);
            let is_end = |c: char| c.is_whitespace() || !is_whole && "\"'<>`".contains(c);
            let end = rest.find(is_end).unwrap_or(rest.len());
            let url = &rest[..end];
            // Passwords with a slash or a hash are not escaped by everyone: the last `@` before the host counts.
            let path = url.find(['/', '?', '#']).unwrap_or(url.len());
            let at_sign =
                url[..path].rfind('@').or_else(|| url.rfind('@').filter(|at| url[..*at].contains(':')));
            if let Some(at_sign) = at_sign {
                match url[..at_sign].split_once(':') {
                    Some((user, password)) => {
                        let class = if password == NO_PASSWORD { Class::Public } else { Class::Secret };
                        self.add_decoded(password, class, depth);
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

    /// Adds a part of a URL. What it has without its escapes may be a container.
    fn add_decoded(&mut self, text: &str, class: Class, depth: usize) {
        self.add(text, class, MAX_DEPTH);
        self.add_resolved(text, &views::without_percent(text.as_bytes()), class, depth + 1);
    }

    /// Adds a text without its escapes, if it had any.
    fn add_resolved(&mut self, text: &str, resolved: &[u8], class: Class, depth: usize) {
        if *resolved != *text.as_bytes()
            && let Ok(resolved) = str::from_utf8(resolved)
        {
            self.add(resolved, class, depth);
        }
    }

    /// Adds what the whole `text` encodes in base64, also with line breaks, or in hexadecimal: a text, or the bytes of a key.
    fn encoded(&mut self, text: &str, class: Class, depth: usize) {
        let dense = ZeroizingBytes::filtered(text.as_bytes(), |byte| !byte.is_ascii_whitespace());
        let body = dense.iter().rposition(|byte| *byte != b'=').map_or(&[][..], |last| &dense[..=last]);
        // The dashes around PEM are base64 of the URL-safe alphabet, too.
        let min = if class == Class::Secret && depth > 0 { MIN_SECRET_BASE64 } else { MIN_BASE64 };
        if body.len() < min || text.contains("-----") || !body.iter().copied().all(is_base64) {
            return;
        }
        let decoded = decode(body);
        let is_printable = |byte: &u8| !byte.is_ascii_control() || byte.is_ascii_whitespace();
        if let Ok(decoded) = str::from_utf8(&decoded)
            && decoded.bytes().all(|byte| is_printable(&byte))
        {
            if !class.is_secret() {
                return self.collect(decoded, class, depth + 1);
            }
            self.basic(decoded, depth);
            return self.add(decoded, class, depth);
        }
        let is_hexadecimal = body.len().is_multiple_of(2) && body.iter().all(u8::is_ascii_hexdigit);
        let bytes = if is_hexadecimal { from_hexadecimal(body) } else { decoded };
        // Words, paths and tokens of letters and digits do not encode anything.
        let has_symbols = body.iter().any(|byte| b"+/-_".contains(byte));
        let is_encoded =
            is_hexadecimal || body.len() < dense.len() || has_symbols && looks_random(text.trim());
        if class.is_secret() && is_encoded && bytes.len() >= MIN_BINARY {
            self.push(&*bytes);
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

/// Returns the bytes that hexadecimal digits stand for.
pub(crate) fn from_hexadecimal(digits: &[u8]) -> ZeroizingBytes {
    let digit = |byte: u8| {
        char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok()).unwrap_or_default()
    };
    let mut bytes = ZeroizingBytes::with_capacity(digits.len() / 2);
    for pair in digits.chunks_exact(2) {
        bytes.push(digit(pair[0]) << 4 | digit(pair[1]));
    }
    bytes
}

/// Returns whether a text consists of words and short numbers, like a setting, an identifier, a path or an address, or is a date.
fn is_ordinary(text: &str) -> bool {
    let text = text.trim_matches(|c: char| "\"'`,;".contains(c));
    let text = without_year(text).unwrap_or(text);
    text.split(|c: char| c.is_ascii_whitespace() || "-_./:,".contains(c)).all(|part| {
        let is_number = part.len() <= 3 && part.bytes().all(|byte| byte.is_ascii_digit());
        is_number || is_identifier(part)
    })
}

/// Returns a date, such as `2026-01-31` and `2026-01-31T10:00:00Z`, as two or more short numbers.
fn without_year(text: &str) -> Option<&str> {
    let (year, rest) = text.split_once('-')?;
    let is_date = rest.len() >= 5
        && rest.bytes().all(|byte| byte.is_ascii_digit() || b"-:.+ TZ".contains(&byte))
        && rest.as_bytes()[2] == b'-';
    let rest = rest.trim_end_matches('Z');
    (is_date && year.len() == 4 && year.bytes().all(|byte| byte.is_ascii_digit())).then_some(rest)
}

/// Returns whether a text is a word or several ones: `word`, `WORD`, `twoWords`, `oauth2`.
fn is_identifier(text: &str) -> bool {
    let letters = text.trim_end_matches(|c: char| c.is_ascii_digit());
    let digits = text.len() - letters.len();
    let is_hump = |pair: &&[u8]| pair[0].is_ascii_lowercase() && pair[1].is_ascii_uppercase();
    let humps = letters.as_bytes().windows(2).filter(is_hump).count();
    letters.bytes().all(|byte| byte.is_ascii_alphabetic())
        && (digits == 0 || digits <= 3 && text.len() <= 6)
        && letters.len() <= MAX_WORD * (humps + 1)
        && 3 * humps <= letters.len()
}

/// Returns whether a text refers to a value that is elsewhere, such as `${NAME}`, `{{ name }}` or `$NAME`.
fn is_reference(text: &str) -> bool {
    let is_expression = |text: &str| {
        !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || " _-.:/|'\"[]()".contains(c))
    };
    let is_name = |name: &str| name.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_');
    // A password may contain any of these signs.
    [("${", "}"), ("{{", "}}"), ("$(", ")"), ("<%", "%>")].iter().any(|(open, close)| {
        let inside = text.split_once(open).and_then(|(_, rest)| rest.split_once(close));
        inside.is_some_and(|(inside, _)| is_expression(inside.trim_matches(['{', '}', '='])))
    }) || text.strip_prefix('$').is_some_and(is_name)
}

/// Returns whether a text looks random, unlike a name, an address or a sentence.
fn looks_random(text: &str) -> bool {
    text.len() >= MIN_RANDOM
        && text.bytes().all(|byte| byte.is_ascii_graphic())
        && !text.contains("://")
        && !text.starts_with(AGE_RECIPIENT)
        && text.bytes().any(|byte| byte.is_ascii_digit())
        && text.bytes().any(|byte| byte.is_ascii_alphabetic())
        && class_changes(text.as_bytes()) * 4 >= text.len()
}
