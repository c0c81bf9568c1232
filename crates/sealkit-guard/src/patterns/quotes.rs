//! Quotes of shells, build tools, SQL and CSV, which double or interrupt a value. The views of a text resolve other escapes.

use crate::zeroizing::ZeroizingBytes;

/// What is replaced, and by what.
const REPLACEMENTS: [(&str, &str); 6] =
    [("'", "'\\''"), ("'", "'\"'\"'"), ("'", "''"), ("\"", "\"\""), ("$", "$$"), (" ", "+")];

/// Calls `visit` with the value in each kind of quotes. HTML forms replace a space by `+`.
pub(super) fn for_each(text: &str, mut visit: impl FnMut(&[u8])) {
    for (from, to) in REPLACEMENTS.into_iter().filter(|(from, _)| text.contains(from)) {
        visit(&ZeroizingBytes::replaced(text, from, to));
    }
}
