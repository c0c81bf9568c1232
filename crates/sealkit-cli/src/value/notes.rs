//! Notes and warnings about properties of a new value that are easy to miss.

use sealkit_guard::Strength;
use sealkit_names::{capacity, expansion, is_white_space};

use super::NewValue;
use crate::{selection::Selection, terminal};

impl NewValue {
    /// Prints the notes about the value of the secret `id`, on a cluster or in the local store.
    pub(crate) fn print_notes(&self, id: &impl Selection, is_remote: bool) {
        if is_remote {
            self.print_notes_for_a_cluster(id.key());
        } else {
            self.print_notes_for_this_machine(id.key());
        }
        let strength = Strength::of(&self.bytes);
        if strength != Strength::Full {
            terminal::warning(&format!("secret {id} {strength}"));
        } else if Strength::is_word(&self.bytes) {
            terminal::note(
                "the value is one word: outputs and logs with this word are refused and redacted, unless a task requests it \
                 with guard = \"off\"",
            );
        }
    }

    fn print_notes_for_this_machine(&self, key: &str) {
        if self.as_variable().is_none() {
            terminal::note(&format!(
                "the value is not text: read it with `get_bytes(\"{key}\")`, or request it with \
                 `mount_requirement = FILE`"
            ));
        }
        self.print_note_about_white_space();
        if self.bytes.len() > capacity::of_variable("") {
            terminal::note(
                "the value is too large for an environment variable: request it with `mount_requirement = FILE`",
            );
        }
    }

    /// A cluster mounts a secret as it is requested: `ANY` is an environment variable there.
    fn print_notes_for_a_cluster(&self, key: &str) {
        let size = self.bytes.len();
        let file = capacity::of_file(key);
        let variable = capacity::of_variable(&format!("_UNION_{key}"));
        let text = self.as_variable();
        match text {
            _ if size > variable || (size > file && text.is_none()) => {
                terminal::warning(&format!(
                    "the value has {size} bytes, and a pod with it does not start: on a cluster, an environment \
                     variable holds at most {variable} bytes of text, and all secret files of a task {file} bytes"
                ));
                terminal::hint(
                    "store the data elsewhere, and keep only its credentials or key in the secret",
                );
            }
            _ if size > file => terminal::warning(&format!(
                "the value has {size} bytes, and all secret files of a task on a cluster have at most {file} bytes: \
                 request it with `mount_requirement = ENV_VAR`"
            )),
            None => terminal::note(
                "the value is not text: a cluster mounts it only as a file, so request it with \
                 `mount_requirement = FILE`",
            ),
            _ => {}
        }
        if text.is_some_and(expansion::is_special) {
            terminal::warning(
                "an environment variable on a cluster may have another value: Kubernetes replaces `$$` and `$(NAME)` in it",
            );
            if size <= file {
                terminal::hint(
                    "request it with `mount_requirement = FILE`, which keeps every byte of the value",
                );
            }
        }
        self.print_note_about_white_space();
    }

    fn print_note_about_white_space(&self) {
        if let Some(invisible) = self.as_variable().and_then(first_invisible) {
            terminal::note(&format!(
                "the value contains an invisible character ({invisible}), which is often copied by mistake, and is a part of the value"
            ));
        }
        let Some(text) = self.as_variable().filter(|text| *text != text.trim_matches(is_white_space)) else {
            return;
        };
        // Of several lines, such as those of a certificate, the last has an end, too.
        let lines = text.trim_end_matches(['\n', '\r']);
        if lines.contains('\n') && lines == text.trim_matches(is_white_space) {
            return;
        }
        let property =
            if text.ends_with('\n') { "ends with a line break" } else { "starts or ends with white space" };
        terminal::note(&format!(
            "the value {property}: `secrets().get` returns the value without it, `get_secrets_file` keeps it"
        ));
    }

    /// Returns the value if an environment variable can hold its characters.
    fn as_variable(&self) -> Option<&str> {
        str::from_utf8(&self.bytes).ok().filter(|text| !text.contains('\0'))
    }
}

/// Returns the name of the first invisible character that is not white space at an end of the value.
fn first_invisible(text: &str) -> Option<String> {
    let text = text.trim_matches(|c: char| is_white_space(c) && c != '\u{feff}');
    let invisible = text.chars().find(|c| match c {
        '\t' | '\n' | '\r' | ' ' => false,
        // A soft hyphen, letters of no width, joiners, directions, variation selectors, and a byte order mark.
        '\u{ad}'
        | '\u{34f}'
        | '\u{61c}'
        | '\u{115f}'
        | '\u{1160}'
        | '\u{17b4}'
        | '\u{17b5}'
        | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}'
        | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{3164}'
        | '\u{fe00}'..='\u{fe0f}'
        | '\u{feff}'
        | '\u{ffa0}'
        | '\u{fff9}'..='\u{fffb}'
        | '\u{e0000}'..='\u{e0fff}' => true,
        // A space that is not the usual one, such as a no-break space, and control characters.
        c => c.is_control() || c.is_whitespace(),
    })?;
    let name = match invisible {
        '\u{feff}' => "a byte order mark, ",
        '\u{a0}' => "a no-break space, ",
        '\u{200b}' => "a zero-width space, ",
        '\u{ad}' => "a soft hyphen, ",
        '\u{1b}' => "an escape character, ",
        _ => "",
    };
    Some(format!("{name}U+{:04X}", u32::from(invisible)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn invisible_characters_are_named() {
        for (value, name) in [
            ("plain text\n", None),
            ("line 1\r\n\tline 2\n", None),
            ("  spaces  ", None),
            ("k\u{e4}se \u{1f511}", None),
            ("\u{feff}token", Some("a byte order mark, U+FEFF")),
            ("to\u{200b}ken", Some("a zero-width space, U+200B")),
            ("token\u{200d}", Some("U+200D")),
            ("to\u{a0}ken", Some("a no-break space, U+00A0")),
            ("to\u{202e}ken", Some("U+202E")),
            ("to\u{ad}ken", Some("a soft hyphen, U+00AD")),
            ("\u{1b}[200~token", Some("an escape character, U+001B")),
            ("to\u{7f}ken", Some("U+007F")),
        ] {
            assert_eq!(first_invisible(value).as_deref(), name, "{value:?}");
        }
    }
}
