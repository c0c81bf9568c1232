//! Text building blocks of messages.

/// Returns the candidate closest to `word`, if it is close enough to be a typo.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // The distance is quadratic, and no typo is this long.
    if word.len() > 256 {
        return None;
    }
    let limit = (word.chars().count() / 3).max(1);
    candidates
        .into_iter()
        .filter(|candidate| candidate.len() <= 256)
        .map(|candidate| {
            (strsim::damerau_levenshtein(&word.to_lowercase(), &candidate.to_lowercase()), candidate)
        })
        .filter(|(distance, _)| *distance <= limit)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// Escapes control characters in `name` and truncates it.
pub(crate) fn escape(name: &str) -> String {
    const MAX_CHARS: usize = 80;
    let mut text = String::new();
    for c in name.chars().take(MAX_CHARS) {
        // Messages quote Rust code, which escaped quotes would break.
        if matches!(c, '"' | '\'') { text.push(c) } else { text.extend(c.escape_debug()) }
    }
    if name.chars().count() > MAX_CHARS {
        text.push('…');
    }
    text
}

/// Formats a list: `` `a`, `b` and `c` ``.
pub(crate) fn quoted_list<I: IntoIterator<Item = String>>(names: I) -> String {
    let names: Vec<String> = names.into_iter().map(|name| format!("`{name}`")).collect();
    match names.as_slice() {
        [] => String::new(),
        [one] => one.clone(),
        [most @ .., last] => format!("{} and {last}", most.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_candidate_is_found_despite_a_typo() {
        assert_eq!(nearest("my_secrt", ["other", "my_secret"]), Some("my_secret"));
        assert_eq!(nearest("MY_SECRET", ["other", "my_secret"]), Some("my_secret"));
        assert_eq!(nearest("db", ["warehouse"]), None);
        assert_eq!(nearest(&"k".repeat(100_000), ["k"]), None);
    }

    #[test]
    fn names_are_escaped_and_truncated() {
        assert_eq!(escape("a\u{1b}[31m\n"), "a\\u{1b}[31m\\n");
        assert_eq!(escape(&"k".repeat(10_000)).chars().count(), 81);
    }
}
