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
        let Some(text) = self.as_variable().filter(|text| *text != text.trim_matches(is_white_space)) else {
            return;
        };
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
