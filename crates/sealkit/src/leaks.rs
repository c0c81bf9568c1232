//! The leak check: outputs and inputs must not contain the secrets that a task has read, in any encoding.

use std::fmt::{self, Write as _};

use sealkit_guard::{Finding, Guard};
use sealkit_idl::prost::Message as _;

use crate::{
    AllowedPlace, Result, TaskMetadata, Type, Value,
    error::{Error, ErrorKind},
    known_secrets::KnownSecrets,
    literal::{outputs_of, to_literal},
};

/// The guard finds nothing shorter than this in its standard mode, so shorter values are not searched.
const MIN_SEARCHED_BYTES: usize = 5;
/// For a longer text, a guard has all patterns.
const MAX_SHORT_TEXT: usize = 1024;

/// A value that leaves a task.
pub(crate) struct OutgoingValue<'a> {
    /// The task that has read the secrets.
    pub(crate) task: &'static TaskMetadata,
    pub(crate) destination: Destination,
    /// The name of the output or input.
    pub(crate) name: &'static str,
    pub(crate) r#type: Type,
    pub(crate) value: &'a Value,
}

/// The place that a value leaves a task for.
pub(crate) enum Destination {
    /// An output of the task itself.
    Output,
    /// An input of this task, which the task calls.
    Input(&'static TaskMetadata),
    /// The recorded result of this step of the task.
    Step(String),
}

/// A secret that was found, and the path of the part that contains it.
struct Leak {
    path: String,
    finding: Finding,
}

/// Searches all outputs in the value that `task` returns.
///
/// # Errors
///
/// Returns an error of kind [`ErrorKind::Leak`] if an output contains a secret that the task does not allow there.
pub(crate) fn check_outputs(
    task: &'static TaskMetadata,
    of: Type,
    value: &Value,
    known_secrets: &KnownSecrets,
) -> Result<()> {
    outputs_of(of, value).into_iter().try_for_each(|(name, r#type, value)| {
        OutgoingValue { task, destination: Destination::Output, name, r#type, value }.check(known_secrets)
    })
}

impl OutgoingValue<'_> {
    /// Searches the value for `known_secrets`.
    ///
    /// # Errors
    ///
    /// Returns an error of kind [`ErrorKind::Leak`] if the value contains a secret that the task does not allow there.
    pub(crate) fn check(&self, known_secrets: &KnownSecrets) -> Result<()> {
        let json = serde_json::to_vec(self.value).unwrap_or_default();
        if json.len() < MIN_SEARCHED_BYTES && !known_secrets.has_strict() {
            return Ok(());
        }
        let wire = to_literal(self.r#type, self.value).map(|literal| literal.encode_to_vec());
        let wire = wire.unwrap_or_default();
        let guard = known_secrets.guard_for(self.longest_text(&json, &wire));
        if guard.is_empty() {
            return Ok(());
        }
        let mut leaks = Vec::new();
        // The parts come first, because a finding in a part has a path.
        self.root().each_text(self.value, &mut |path, text| {
            for finding in guard.check(text) {
                leaks.push(Leak { path: path.to_string(), finding });
            }
        });
        // Then the whole value, as JSON and as it is sent: a secret may span several parts.
        for finding in [json, wire].iter().flat_map(|whole| guard.check(whole)) {
            if !leaks.iter().any(|leak| leak.finding.name() == finding.name()) {
                leaks.push(Leak { path: self.root().to_string(), finding: finding.without_offset() });
            }
        }
        leaks.retain(|leak| !self.is_allowed(leak));
        match leaks.first() {
            // The path may be longer than the texts.
            Some(first) => Err(self.leak_error(&known_secrets.guard(), first, &leaks)),
            None => Ok(()),
        }
    }

    /// Returns the length of the longest text that is searched, if that is short.
    fn longest_text(&self, json: &[u8], wire: &[u8]) -> usize {
        let mut longest = json.len().max(wire.len());
        if longest > MAX_SHORT_TEXT {
            return usize::MAX;
        }
        self.root().each_text(self.value, &mut |_, text| longest = longest.max(text.len()));
        longest
    }

    fn root(&self) -> Path<'_> {
        Path { parent: None, part: &self.name }
    }

    fn is_allowed(&self, leak: &Leak) -> bool {
        let covers = |allowed: &str, path: &str| {
            path.strip_prefix(allowed).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        self.task.allowed_secrets().iter().any(|allowed| {
            allowed.secret == leak.finding.name()
                && match (allowed.place, &self.destination) {
                    (AllowedPlace::Output(place), Destination::Output) => covers(place, &leak.path),
                    (AllowedPlace::Input(place), Destination::Input(callee)) => {
                        covers(place, &format!("{}.{}", callee.name(), leak.path))
                    }
                    _ => false,
                }
        })
    }

    fn leak_error(&self, guard: &Guard, first: &Leak, leaks: &[Leak]) -> Error {
        // A key of a map may be the secret itself.
        let path = guard.redact_text(&first.path);
        let escaped = sealkit_names::escape(&path);
        let (task, finding) = (self.task.name(), &first.finding);
        let mut message = match &self.destination {
            Destination::Step(step) => {
                format!("the result of step `{step}` of task `{task}` contains secret {finding}")
            }
            Destination::Output => format!("output `{escaped}` of task `{task}` contains secret {finding}"),
            Destination::Input(callee) => format!(
                "input `{escaped}` from task `{task}` to task `{}` contains secret {finding}",
                callee.name()
            ),
        };
        let others = leaks.len() - 1;
        if others > 0 {
            let _ = write!(message, ", and {others} more");
        }
        let place = if *path == *first.path { &*path } else { self.name };
        let (advice, argument) = match &self.destination {
            Destination::Step(_) => {
                let hint = "return what was made with the secret, not the secret: the result is stored";
                return Error::new(ErrorKind::Leak, message).with_hint(hint);
            }
            Destination::Output => (
                "return what was made with the secret, not the secret".to_owned(),
                format!("output = {place:?}"),
            ),
            Destination::Input(callee) => {
                let place = format!("{}.{place}", callee.name());
                let hint = match callee.deployed() {
                    Some(_) => "request the secret in the deployed task instead".to_owned(),
                    None => format!("request the secret in task `{}` instead", callee.name()),
                };
                (hint, format!("input = {place:?}"))
            }
        };
        let name = first.finding.name();
        Error::new(ErrorKind::Leak, message).with_hint(format!(
            "{advice}; to allow it, add to task `{task}`: \
             allow_secret_in({argument}, secret = {name:?}, because = \"...\")"
        ))
    }
}

/// The path of a part in a value. It allocates only when it is displayed.
#[derive(Clone, Copy)]
struct Path<'a> {
    parent: Option<&'a Path<'a>>,
    part: &'a dyn fmt::Display,
}

impl Path<'_> {
    /// Calls `visit` with the bytes of every text, number and time in `value`.
    fn each_text(&self, value: &Value, visit: &mut impl FnMut(&Path<'_>, &[u8])) {
        match value {
            Value::None | Value::Boolean(_) => {}
            Value::String(text) => visit(self, text.as_bytes()),
            Value::Reference(reference) => visit(self, reference.uri().as_bytes()),
            Value::Integer(number) => visit(self, number.to_string().as_bytes()),
            Value::Float(number) => visit(self, number.to_string().as_bytes()),
            Value::Datetime { .. } | Value::Date { .. } | Value::Duration { .. } => {
                visit(self, &serde_json::to_vec(value).unwrap_or_default());
            }
            Value::List(items) => {
                // A list of integers may be the bytes of a text.
                let byte = |item: &Value| match item {
                    Value::Integer(number) => u8::try_from(*number)
                        .ok()
                        .or_else(|| i8::try_from(*number).ok().map(i8::cast_unsigned)),
                    _ => None,
                };
                if let Some(bytes) = items.iter().map(byte).collect::<Option<Vec<u8>>>() {
                    visit(self, &bytes);
                }
                for (index, item) in items.iter().enumerate() {
                    Path { parent: Some(self), part: &index }.each_text(item, visit);
                }
            }
            Value::Map(entries) => {
                for (key, item) in entries {
                    let path = Path { parent: Some(self), part: key };
                    visit(&path, key.as_bytes());
                    path.each_text(item, visit);
                }
            }
        }
    }
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(parent) = self.parent {
            write!(f, "{parent}.")?;
        }
        self.part.fmt(f)
    }
}
