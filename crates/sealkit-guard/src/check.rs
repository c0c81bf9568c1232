//! Whether something that is about to leave holds a secret, also where it was taken apart or packed.

use std::fmt;

use crate::{
    Form, Guard, Strength,
    forms::{decode, is_base64, squeeze},
    strength::trimmed,
    wiped::Wiped,
};

/// Shorter runs of base64 are not decoded: what they hold would be found by its own form.
const SHORTEST_RUN: usize = 16;
/// How often something is decoded that was decoded already.
const LAYERS: usize = 2;

/// A secret that was found, in the words of an error message, and never its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sighting {
    name: String,
    form: Form,
    at: Option<usize>,
    length: usize,
}

impl Sighting {
    /// The name of the secret.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// In which form it was found.
    pub fn form(&self) -> Form {
        self.form
    }

    /// The same without the place: for data that the reader of the message does not see as it was checked.
    #[must_use]
    pub fn without_place(mut self) -> Self {
        self.at = None;
        self
    }
}

/// As in `` `db/password` (percent-encoded, at byte 17 of 64) ``.
impl fmt::Display for Sighting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` ({}", self.name, self.form)?;
        if let Some(at) = self.at {
            write!(f, ", at byte {at} of {}", self.length)?;
        }
        f.write_str(")")
    }
}

impl Guard {
    /// The secrets that `output` holds, each once.
    ///
    /// This looks closer than [`Guard::redact`]: it also finds values with other characters in between and values inside
    /// base64, for which there is no place to redact. A weak value is found if `output` is nothing else.
    pub fn check(&self, output: &[u8]) -> Vec<Sighting> {
        let mut found = vec![None; self.secrets.len()];
        if self.secrets.is_empty() {
            return Vec::new();
        }
        self.look(output, |secret, form, at| {
            let earlier = &mut found[secret as usize];
            if earlier.is_none_or(|(_, earlier)| Some(at) < earlier) {
                *earlier = Some((form, Some(at)));
            }
        });
        let alone = trimmed(output);
        for (id, secret) in self.secrets.iter().enumerate() {
            if matches!(secret.strength, Strength::Weak(_)) && *alone == *secret.value {
                found[id] = Some((Form::Plain, Some(0)));
            }
        }
        let mut add = |secret: u32, form| {
            found[secret as usize].get_or_insert((form, None));
        };
        let squeezed = self.squeezed();
        if !squeezed.scanner.is_empty() {
            squeezed
                .scanner
                .find(&squeeze(output), |_, id| add(squeezed.secrets[id as usize], Form::Scattered));
        }
        self.unpack(output, LAYERS, &mut |secret| add(secret, Form::Decoded));
        let found = found.into_iter().enumerate();
        found
            .filter_map(|(id, found)| found.map(|(form, at)| (id, form, at)))
            .map(|(id, form, at)| Sighting {
                name: self.secrets[id].name.clone(),
                form,
                at,
                length: output.len(),
            })
            .collect()
    }

    /// The secrets that are fully guarded.
    fn look(&self, text: &[u8], mut found: impl FnMut(u32, Form, usize)) {
        self.scanner.find(text, |start, id| {
            let mark = self.marks[id as usize];
            if !mark.alone {
                found(mark.secret, mark.form, start);
            }
        });
    }

    /// Decodes what may be base64, wherever in a group of four characters it begins, and looks there.
    fn unpack(&self, text: &[u8], layers: usize, found: &mut impl FnMut(u32)) {
        if layers == 0 || self.scanner.is_empty() {
            return;
        }
        each_run(text, |run| {
            for start in 0..4 {
                let decoded = decode(&run[start..]);
                self.look(&decoded, |secret, _, _| found(secret));
                self.unpack(&decoded, layers - 1, found);
            }
        });
    }
}

/// Calls `with` for every run of characters of base64; line breaks do not end one.
fn each_run(text: &[u8], mut with: impl FnMut(&[u8])) {
    let mut run = Wiped::default();
    for byte in text.iter().chain([&b' ']) {
        match byte {
            b'\r' | b'\n' => {}
            byte if is_base64(*byte) => run.push(*byte),
            _ => {
                if run.len() >= SHORTEST_RUN {
                    with(&run);
                }
                run.clear();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const VALUE: &str = "k3Jq-71xT/wPz";

    fn check(output: &str) -> Option<String> {
        Guard::new([("db/password", VALUE)]).check(output.as_bytes()).first().map(ToString::to_string)
    }

    #[test]
    fn what_is_found_is_told_by_name_form_and_place() {
        assert_eq!(check("k3Jq-71xT/wPz").unwrap(), "`db/password` (as it is, at byte 0 of 13)");
        assert_eq!(
            check("url?p=k3Jq-71xT%2FwPz").unwrap(),
            "`db/password` (percent-encoded, at byte 6 of 21)"
        );
        assert_eq!(check("k3Jq-71xT/wP"), None);
    }

    #[test]
    fn what_was_taken_apart_is_found() {
        assert_eq!(
            check("[\"k\",\"3\",\"J\",\"q\",\"-\",\"7\",\"1\",\"x\",\"T\",\"/\",\"w\",\"P\",\"z\"]").unwrap(),
            "`db/password` (with other characters in between)"
        );
    }

    #[test]
    fn what_was_packed_twice_is_found() {
        // {"auth":"dXNlcjprM0pxLTcxeFQvd1B6"}, whose inside is `user:` and the value, wrapped at 20 characters.
        let packed = "eyJhdXRoIjoiZFhObGNq\ncHJNMHB4TFRjeGVGUXZk\nMUI2In0=";
        assert_eq!(check(packed).unwrap(), "`db/password` (inside base64)");
    }

    #[test]
    fn a_weak_value_is_found_where_it_is_all_there_is() {
        let guard = Guard::new([("pin", "739184")]);
        assert_eq!(guard.check(b" 739184\n").len(), 1);
        assert_eq!(guard.check(b"id 739184").len(), 0);
    }
}
