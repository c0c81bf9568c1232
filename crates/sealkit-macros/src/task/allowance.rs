//! One `allow_secret_in(...)`.

use sealkit_names::read::Access;
use syn::LitStr;

use super::reads::Read;
use crate::{
    diagnostics::Diagnostics,
    syntax::{ALLOWANCE, WrittenAllowance},
};

/// A place where a secret of the task may be, and why.
pub(super) struct Allowance {
    pub(super) place: Place,
    pub(super) secret: LitStr,
    pub(super) because: LitStr,
}

pub(super) enum Place {
    Output(LitStr),
    Input(LitStr),
}

impl Allowance {
    /// `None` if something was reported.
    pub(super) fn new(written: WrittenAllowance, diagnostics: &mut Diagnostics) -> Option<Self> {
        let WrittenAllowance { word, output, input, secret, because } = written;
        let place = match (output, input) {
            (Some(output), None) => Place::output(output, diagnostics)?,
            (None, Some(input)) => Place::input(input, diagnostics)?,
            _ => {
                diagnostics.at(word, format_args!("say where, `output` or `input`: `{ALLOWANCE}`"));
                return None;
            }
        };
        let Some(secret) = secret else {
            diagnostics.at(word, format_args!("say which `secret`: `{ALLOWANCE}`"));
            return None;
        };
        match because {
            Some(because) if !because.value().trim().is_empty() => Some(Self { place, secret, because }),
            because => {
                let message = format_args!("say why, for whoever reviews this: `{ALLOWANCE}`");
                match because {
                    Some(empty) => diagnostics.at(empty, message),
                    None => diagnostics.at(word, message),
                }
                None
            }
        }
    }

    /// What a read of the secret would be, since only a declared one can be allowed.
    pub(super) fn read(&self) -> Read {
        let name = self.secret.value();
        let (group, key) = match name.rsplit_once('/') {
            Some((group, key)) => (Some(group.to_owned()), key),
            None => (None, &*name),
        };
        Read { group, key: LitStr::new(key, self.secret.span()), access: Access::Reference }
    }
}

impl Place {
    fn output(place: LitStr, diagnostics: &mut Diagnostics) -> Option<Self> {
        let text = place.value();
        if text.strip_prefix("o0").is_some_and(|part| part.is_empty() || part.starts_with('.')) {
            return Some(Self::Output(place));
        }
        let part = if text.is_empty() { String::new() } else { format!("; did you mean `o0.{text}`?") };
        diagnostics.at(place, format_args!("the output of a task is `o0`, and a part of it `o0.PART`{part}"));
        None
    }

    fn input(place: LitStr, diagnostics: &mut Diagnostics) -> Option<Self> {
        let text = place.value();
        if text.split_once('.').is_some_and(|(task, input)| !task.is_empty() && !input.is_empty()) {
            return Some(Self::Input(place));
        }
        diagnostics.at(
            place,
            "an input of a task that is called is `TASK.INPUT`, and a part of it `TASK.INPUT.PART`",
        );
        None
    }
}
