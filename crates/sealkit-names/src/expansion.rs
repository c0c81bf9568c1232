//! The expansion of environment variables and arguments by Kubernetes.
//!
//! Kubernetes replaces `$(NAME)` in the variables and arguments of a container by the value of a variable, and `$$` by `$`. It also damages a
//! character after `$` that is not ASCII (`third_party/forked/golang/expansion`).

/// Returns whether Kubernetes may replace a part of the text.
pub fn is_special(text: &str) -> bool {
    // Without a closing parenthesis, `$(` is not a reference.
    let references_end = text.rfind(')').unwrap_or(0);
    let is_special = |(index, pair): (usize, &[u8])| match pair {
        [b'$', b'('] => index < references_end,
        [b'$', next] => *next == b'$' || !next.is_ascii(),
        _ => false,
    };
    text.as_bytes().windows(2).enumerate().any(is_special)
}

/// Escapes a text, so that Kubernetes replaces it by the original.
pub fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        escaped.push(character);
        let is_next_special = |next: &char| matches!(next, '$' | '(') || !next.is_ascii();
        if character == '$' && characters.peek().is_some_and(is_next_special) {
            escaped.push('$');
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Expands a text as Kubernetes does, in an environment without variables. `None` if the text is damaged.
    fn expand(text: &str) -> Option<String> {
        let (mut expanded, mut rest) = (String::new(), text);
        while let Some((before, after)) = rest.split_once('$') {
            expanded += before;
            expanded.push('$');
            rest = match after.chars().next() {
                Some('$') => &after[1..],
                // A reference to an unknown variable stays as it is.
                Some('(') => {
                    let end = after.find(')').map_or(1, |end| end + 1);
                    expanded += &after[..end];
                    &after[end..]
                }
                Some(next) if !next.is_ascii() => return None,
                Some(next) => {
                    expanded.push(next);
                    &after[1..]
                }
                None => after,
            };
        }
        Some(expanded + rest)
    }

    /// Returns all texts of at most six of these characters.
    fn texts() -> Vec<String> {
        let mut texts = vec![String::new()];
        for index in 0.. {
            if texts[index].chars().count() == 6 {
                break;
            }
            for character in ['$', '(', ')', 'A', 'é'] {
                texts.push(format!("{}{character}", texts[index]));
            }
        }
        texts
    }

    #[test]
    fn kubernetes_restores_an_escaped_text() {
        for text in texts() {
            assert_eq!(expand(&escape(&text)).as_deref(), Some(&*text), "{text}");
        }
    }

    #[test]
    fn a_text_that_is_not_special_stays_as_it_is() {
        for text in texts() {
            let is_changed = expand(&text).as_deref() != Some(&*text);
            let has_reference = text.find("$(").is_some_and(|start| text[start..].contains(')'));
            assert_eq!(is_special(&text), is_changed || has_reference, "{text}");
        }
    }

    #[test]
    fn ordinary_texts_are_not_escaped() {
        for text in ["", "fast", "$5", "a$", "${HOME}", "US$ 5"] {
            assert_eq!(escape(text), text);
        }
        assert_eq!(escape("$$ $(HOME) $é"), "$$$ $$(HOME) $$é");
    }
}
