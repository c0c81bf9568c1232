//! Typos: which known name a misspelled one stands for. Constant evaluation can use this, too.

use crate::quoted_list;

/// The length of the longest words that are compared. The distance is quadratic, and no typo is this long.
const MAX: usize = 256;

/// Returns the candidate closest to `word`, if it is close enough to be a typo.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let near = candidates.into_iter().filter_map(|candidate| Some((typos(word, candidate)?, candidate)));
    near.min_by_key(|(typos, _)| *typos).map(|(_, candidate)| candidate)
}

/// Lists the candidates, those that are closest to `word` first: `` `a`, `b` and 12 more ``.
pub fn closest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> String {
    const SHOWN: usize = 6;
    let mut names: Vec<&str> = candidates.into_iter().collect();
    names.sort_by_key(|name| distance(beginning(word), beginning(name)));
    if names.len() <= SHOWN {
        return quoted_list(names, "and");
    }
    let shown: Vec<String> = names[..SHOWN].iter().map(|name| format!("`{name}`")).collect();
    format!("{} and {} more", shown.join(", "), names.len() - SHOWN)
}

/// Returns the part of a word that is compared.
fn beginning(word: &str) -> &[u8] {
    word.as_bytes().get(..MAX).unwrap_or(word.as_bytes())
}

/// Returns how many typos turn `word` into `candidate`, in any case, unless they are too many.
pub const fn typos(word: &str, candidate: &str) -> Option<usize> {
    let (a, b) = (word.as_bytes(), candidate.as_bytes());
    if a.len() > MAX || b.len() > MAX {
        return None;
    }
    let limit = if a.len() < 6 { 1 } else { a.len() / 3 };
    let distance = distance(a, b);
    if distance <= limit { Some(distance) } else { None }
}

/// Returns the number of bytes to insert, remove, replace or swap with their neighbor.
const fn distance(a: &[u8], b: &[u8]) -> usize {
    // The distances between the first bytes of `a` and those of `b`, for the last three lengths of `a`.
    let (mut before, mut last) = ([0; MAX + 1], [0; MAX + 1]);
    let mut j = 0;
    while j <= b.len() {
        last[j] = j;
        j += 1;
    }
    let mut i = 0;
    while i < a.len() {
        let mut next = [i + 1; MAX + 1];
        let mut j = 0;
        while j < b.len() {
            let replaced = last[j] + !is_same(a[i], b[j]) as usize;
            next[j + 1] = min(replaced, min(last[j + 1], next[j]) + 1);
            if i > 0 && j > 0 && is_same(a[i], b[j - 1]) && is_same(a[i - 1], b[j]) {
                next[j + 1] = min(next[j + 1], before[j - 1] + 1);
            }
            j += 1;
        }
        (before, last) = (last, next);
        i += 1;
    }
    last[b.len()]
}

const fn is_same(a: u8, b: u8) -> bool {
    a.eq_ignore_ascii_case(&b)
}

const fn min(a: usize, b: usize) -> usize {
    if a < b { a } else { b }
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
        assert_eq!(nearest("", ["a", "ab"]), Some("a"));
    }

    #[test]
    fn a_list_begins_with_the_closest_candidates() {
        assert_eq!(closest("b", ["a1", "b1"]), "`b1` and `a1`");
        assert_eq!(
            closest("load", ["a", "b", "c", "d", "e", "load_rows", "f", "g"]),
            "`a`, `d`, `b`, `c`, `e`, `f` and 2 more"
        );
        assert_eq!(closest("", []), "");
        let long = "k".repeat(1000);
        assert_eq!(closest(&long, ["a", &long]), format!("`{long}` and `a`"));
    }

    #[test]
    fn typos_are_counted() {
        for (a, b, expected) in [
            ("", "", 0),
            ("kitten", "sitting", 3),
            ("abcd", "abdc", 1),
            ("abcd", "badc", 2),
            ("ca", "abc", 3),
            ("abc", "", 3),
            ("", "abc", 3),
            ("ABC", "abc", 0),
        ] {
            assert_eq!(distance(a.as_bytes(), b.as_bytes()), expected, "{a} {b}");
        }
        const { assert!(matches!(typos("db_pasword", "db_password"), Some(1))) };
        assert_eq!(typos("abcdef", "abcxyz"), None);
    }
}
