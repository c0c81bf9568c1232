//! Quotes of shells, build tools, SQL and CSV, which double or interrupt a value. The views of a text resolve other escapes.

use crate::zeroizing::ZeroizingBytes;

/// The characters that are replaced, and by what.
const REPLACEMENTS: [(char, &str); 6] =
    [('\'', "'\\''"), ('\'', "'\"'\"'"), ('\'', "''"), ('"', "\"\""), ('$', "$$"), (' ', "+")];

/// Calls `visit` with the value in each kind of quotes. HTML forms replace a space by `+`.
pub(super) fn for_each(text: &str, mut visit: impl FnMut(&[u8])) {
    for (from, to) in REPLACEMENTS {
        if text.contains(from) {
            let mut quoted = ZeroizingBytes::with_capacity(text.len() * to.len());
            for c in text.chars() {
                let mut utf8 = [0; 4];
                let replaced = if c == from { to } else { c.encode_utf8(&mut utf8) };
                quoted.extend(replaced.as_bytes());
            }
            visit(&quoted);
        }
    }
}
