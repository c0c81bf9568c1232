//! The leaves of a value that is a container: the passwords, tokens and keys in it, which programs use and print on their own.
//!
//! | container | leaves |
//! |---|---|
//! | quoted, or with a byte order mark | what is inside |
//! | JSON (service accounts, Docker, AWS, JWK) | its strings, and numbers with a secret name |
//! | URL (RFC 3986), with or without `jdbc:` | password, parameters, random parts of the path, a user without a password; also percent-decoded |
//! | `NAME=VALUE` or `NAME: VALUE` lines (`.env`, INI, properties, TOML, YAML, `.npmrc`, HTTP headers) | the values |
//! | connection strings (`;`, `&` or space between the pairs: ADO.NET, ODBC, Azure, libpq) | the values |
//! | `user:password`, `.pgpass`, `.htpasswd` | the last part |
//! | `Bearer TOKEN`, `Basic BASE64` and other schemes of HTTP | the token, the decoded password |
//! | `.netrc` | what follows `password` |
//! | XML (Maven, `NuGet`) | attributes and texts with a secret name |
//! | base64 of a text | the text and its leaves |
//! | anything else | words that look random |
//!
//! The name of a field decides first. Without a secret name, a leaf has to look random: names and addresses do not.

mod json;
mod names;

pub(crate) use self::json::for_each as for_each_json_string;
use self::names::Class;
use crate::{
    patterns::{class_changes, decode, is_base64},
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
        for pair in words.windows(2).filter(|_| words.len() >= 4) {
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
        // Words of anything else.
        if words.len() > 1 || line.contains(['/', ',', ';', '|']) {
            for word in line.split(|c: char| c.is_whitespace() || "\"'`,;|/<>()[]{}=&?@:".contains(c)) {
                self.add_random(word);
            }
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
        if let Some((value, _)) = value.split_once(" #") {
            self.add(value.trim_end(), class, depth);
        }
        true
    }

    /// Adds the last part of `user:password` and of longer lists.
    fn user_and_password(&mut self, line: &str, depth: usize) {
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
        let decoded = percent_decode(text.as_bytes());
        if *decoded != *text.as_bytes()
            && let Ok(decoded) = str::from_utf8(&decoded)
        {
            self.add(decoded, class, depth);
        }
    }

    /// Adds the texts and attributes of XML elements.
    fn elements(&mut self, text: &str, depth: usize) {
        for part in text.split('<').skip(1) {
            let Some((tag, content)) = part.split_once('>') else { continue };
            let name = tag.split(|c: char| c.is_whitespace() || c == '/').next().unwrap_or_default();
            if !content.trim().is_empty() {
                self.add(content, names::class(name), depth);
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
                    self.add(value, names::class(name), depth);
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
    let mut quote = None;
    text.split(move |c| {
        match quote {
            Some(open) if open == c => quote = None,
            None if matches!(c, '"' | '\'') => quote = Some(c),
            _ => {}
        }
        quote.is_none() && c == separator
    })
}

fn percent_decode(text: &[u8]) -> ZeroizingBytes {
    let mut decoded = ZeroizingBytes::with_capacity(text.len());
    let mut rest = text;
    while let [byte, after @ ..] = rest {
        let digits = after.get(..2).filter(|_| *byte == b'%');
        let code = digits.and_then(|digits| u8::from_str_radix(str::from_utf8(digits).ok()?, 16).ok());
        decoded.push(code.unwrap_or(*byte));
        rest = if code.is_some() { &after[2..] } else { after };
    }
    decoded
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

#[cfg(test)]
mod tests {
    use super::*;

    fn found(value: &str) -> Vec<String> {
        let mut found: Vec<String> =
            leaves(value.as_bytes()).iter().map(|leaf| String::from_utf8_lossy(leaf).into_owned()).collect();
        found.sort();
        found.dedup();
        found
    }

    #[test]
    fn the_secrets_of_containers_are_leaves() {
        let password = "Tr0ub4dor-and3";
        for value in [
            "postgres://app:Tr0ub4dor-and3@db/orders",
            "jdbc:postgresql://db/orders?user=app&password=Tr0ub4dor-and3",
            "jdbc:sqlserver://db:1433;user=app;password=Tr0ub4dor-and3;encrypt=true",
            "postgres://app:Tr0ub4dor%2Dand3@db/orders",
            "Server=db;Database=orders;User Id=app;Password=Tr0ub4dor-and3;",
            "host=db user=app password='Tr0ub4dor-and3' dbname=orders",
            "DB_HOST=db\nexport DB_PASSWORD=\"Tr0ub4dor-and3\" # production\n",
            "db:\n  host: db\n  password: Tr0ub4dor-and3\n",
            "[db]\nuser = app\npassword = 'Tr0ub4dor-and3'\n",
            "app:Tr0ub4dor-and3",
            "db:5432:orders:app:Tr0ub4dor-and3",
            "Bearer Tr0ub4dor-and3",
            "Authorization: Basic YXBwOlRyMHViNGRvci1hbmQz",
            "YXBwOlRyMHViNGRvci1hbmQz",
            "{\"auths\": {\"ghcr.io\": {\"auth\": \"YXBwOlRyMHViNGRvci1hbmQz\"}}}",
            "machine db login app password Tr0ub4dor-and3",
            "//registry.example.com/:_authToken=Tr0ub4dor-and3",
            "<server><id>x</id><password>Tr0ub4dor-and3</password></server>",
            "<configuration><add key=\"Password\" value=\"Tr0ub4dor-and3\" /></configuration>",
            "\u{feff}Tr0ub4dor-and3",
            "\"Tr0ub4dor-and3\"",
            "{\"password\": \"Tr0ub4dor-and3\"}",
            "{\"dsn\": \"redis://:Tr0ub4dor-and3@cache:6379/0\"}",
        ] {
            assert!(found(value).iter().any(|leaf| leaf == password), "{value}: {:?}", found(value));
        }
        let webhook = "https://hooks.slack.com/services/T0123456/B0123456/x7Kq2vJ8mZ4wP9nT6rL3sD5f";
        assert_eq!(found(webhook), ["x7Kq2vJ8mZ4wP9nT6rL3sD5f"]);
    }

    #[test]
    fn the_name_of_a_field_decides() {
        let value = r#"{"password": "hunter2", "secret_id": "abcdefgh", "token": "me@home", "api_key": "http-only",
            "user": "x7Kq2vJ8mZ4wP9nT", "warehouse": "COMPUTE_WH", "title": "Payment Service", "url": "db:5432", "n": "x7Kq2vJ8mZ4wP9nT6r"}"#;
        assert_eq!(found(value), ["abcdefgh", "http-only", "hunter2", "me@home", "x7Kq2vJ8mZ4wP9nT6r"]);
    }

    #[test]
    fn other_values_have_no_leaves() {
        for value in [
            "",
            "k3Jq-71xT/wPz",
            "correct horse battery staple",
            "739184",
            "a=b",
            "https://example.com/path?page=2",
        ] {
            assert_eq!(found(value), [""; 0], "{value}");
        }
    }
}
