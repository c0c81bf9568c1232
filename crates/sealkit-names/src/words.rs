//! Small pieces of text that several messages share.

/// The candidate that `word` was probably meant to be, if one is close enough.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // A word of ten thousand letters is nobody's typing mistake, and the distance is quadratic.
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

/// A name as messages show it: escaped, and cut when it is very long.
pub(crate) fn shown(name: &str) -> String {
    const LONGEST: usize = 80;
    let mut text = String::new();
    for c in name.chars().take(LONGEST) {
        // Quotes are harmless, and escaped they would spoil the code that a message tells to write.
        if matches!(c, '"' | '\'') { text.push(c) } else { text.extend(c.escape_debug()) }
    }
    if name.chars().count() > LONGEST {
        text.push('…');
    }
    text
}

/// `` `a`, `b` and `c` ``.
pub(crate) fn listed<I: IntoIterator<Item = String>>(names: I) -> String {
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
    fn a_typing_mistake_finds_its_word() {
        assert_eq!(nearest("my_secrt", ["other", "my_secret"]), Some("my_secret"));
        assert_eq!(nearest("MY_SECRET", ["other", "my_secret"]), Some("my_secret"));
        assert_eq!(nearest("db", ["warehouse"]), None);
        assert_eq!(nearest(&"k".repeat(100_000), ["k"]), None);
    }

    #[test]
    fn long_and_hostile_names_are_shown_short_and_escaped() {
        assert_eq!(shown("a\u{1b}[31m\n"), "a\\u{1b}[31m\\n");
        assert_eq!(shown(&"k".repeat(10_000)).chars().count(), 81);
    }
}
