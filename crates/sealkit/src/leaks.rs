//! What may not leave a task: the secrets that it was given, in whatever form.

use std::fmt::{self, Write as _};

use sealkit_guard::{Finding, Guard};
use sealkit_idl::prost::Message as _;

use crate::{
    Result, TaskMetadata, Type, Value,
    error::{Error, ErrorKind},
    given::Given,
    literal::to_literal,
    metadata::Place,
};

/// Nothing shorter than this is found, whatever the secret is.
const SHORTEST: usize = 5;

/// Something that leaves a task.
pub(crate) struct Leaving<'a> {
    /// The task that was given the secrets.
    pub(crate) task: &'static TaskMetadata,
    /// Where it goes.
    pub(crate) exit: Exit,
    /// Its name there.
    pub(crate) name: &'static str,
    pub(crate) r#type: Type,
    pub(crate) value: &'a Value,
}

/// How something leaves a task.
pub(crate) enum Exit {
    /// As an output of the task itself.
    Output,
    /// As an input of a task that it calls.
    Input(&'static TaskMetadata),
}

/// What was found, and where.
struct Leak {
    path: String,
    finding: Finding,
}

impl Leaving<'_> {
    /// Looks for the secrets in `given`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Leak`] if one of them is there, and the task does not allow it.
    pub(crate) fn check(&self, given: &Given) -> Result<()> {
        let json = serde_json::to_vec(self.value).unwrap_or_default();
        if json.len() < SHORTEST {
            return Ok(());
        }
        let guard = given.guard();
        if guard.is_empty() {
            return Ok(());
        }
        let mut leaks = Vec::new();
        // The parts first, because they tell the place.
        self.root().each_text(self.value, &mut |path, text| {
            for finding in guard.check(text) {
                leaks.push(Leak { path: path.to_string(), finding });
            }
        });
        // Then the whole as it is shown and as it is sent: a secret may be spread over the parts.
        let sent = to_literal(self.r#type, self.value).map(|literal| literal.encode_to_vec());
        for finding in [json, sent.unwrap_or_default()].iter().flat_map(|whole| guard.check(whole)) {
            if !leaks.iter().any(|leak| leak.finding.name() == finding.name()) {
                leaks.push(Leak { path: self.root().to_string(), finding: finding.without_offset() });
            }
        }
        leaks.retain(|leak| !self.is_allowed(leak));
        match leaks.first() {
            Some(first) => Err(self.refused(&guard, first, &leaks)),
            None => Ok(()),
        }
    }

    fn root(&self) -> Path<'_> {
        Path { above: None, part: &self.name }
    }

    fn is_allowed(&self, leak: &Leak) -> bool {
        let covers = |allowed: &str, path: &str| {
            path.strip_prefix(allowed).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        self.task.allowed_secrets().iter().any(|allowed| {
            allowed.secret == leak.finding.name()
                && match (allowed.place, &self.exit) {
                    (Place::Output(place), Exit::Output) => covers(place, &leak.path),
                    (Place::Input(place), Exit::Input(callee)) => {
                        covers(place, &format!("{}.{}", callee.name(), leak.path))
                    }
                    _ => false,
                }
        })
    }

    fn refused(&self, guard: &Guard, first: &Leak, leaks: &[Leak]) -> Error {
        // A key of a map may be the secret itself.
        let path = guard.redact_text(&first.path);
        let shown: String = path.chars().take(200).flat_map(char::escape_debug).collect();
        let (task, finding) = (self.task.name(), &first.finding);
        let mut message = match self.exit {
            Exit::Output => format!("output `{shown}` of task `{task}` holds secret {finding}"),
            Exit::Input(callee) => format!(
                "input `{shown}` that task `{task}` hands to task `{}` holds secret {finding}",
                callee.name()
            ),
        };
        let others = leaks.len() - 1;
        if others > 0 {
            let _ = write!(message, ", and {others} more like it");
        }
        let place = if *path == *first.path { &*path } else { self.name };
        let (advice, argument) = match self.exit {
            Exit::Output => (
                "return what was made with the secret, not the secret".to_owned(),
                format!("output = {place:?}"),
            ),
            Exit::Input(callee) => {
                let place = format!("{}.{place}", callee.name());
                (
                    format!("let task `{}` ask for the secret itself", callee.name()),
                    format!("input = {place:?}"),
                )
            }
        };
        let name = first.finding.name();
        Error::new(ErrorKind::Leak, message).with_hint(format!(
            "{advice}; if it is meant, say so on task `{task}`: \
             allow_secret_in({argument}, secret = {name:?}, because = \"...\")"
        ))
    }
}

/// Where a part is in a value, without an allocation as long as nobody asks.
#[derive(Clone, Copy)]
struct Path<'a> {
    above: Option<&'a Path<'a>>,
    part: &'a dyn fmt::Display,
}

impl Path<'_> {
    /// Calls `with` for every text in `value`: what is text, and all else as it would be written.
    fn each_text(&self, value: &Value, with: &mut impl FnMut(&Path<'_>, &[u8])) {
        match value {
            Value::None | Value::Boolean(_) => {}
            Value::String(text) | Value::Reference(text) => with(self, text.as_bytes()),
            Value::Integer(number) => with(self, number.to_string().as_bytes()),
            Value::Float(number) => with(self, number.to_string().as_bytes()),
            Value::Datetime { .. } | Value::Date { .. } | Value::Duration { .. } => {
                with(self, &serde_json::to_vec(value).unwrap_or_default());
            }
            Value::List(items) => {
                // A list of numbers may be the bytes of a text.
                let byte = |item: &Value| match item {
                    Value::Integer(number) => u8::try_from(*number)
                        .ok()
                        .or_else(|| i8::try_from(*number).ok().map(i8::cast_unsigned)),
                    _ => None,
                };
                if let Some(bytes) = items.iter().map(byte).collect::<Option<Vec<u8>>>() {
                    with(self, &bytes);
                }
                for (index, item) in items.iter().enumerate() {
                    Path { above: Some(self), part: &index }.each_text(item, with);
                }
            }
            Value::Map(entries) => {
                for (key, item) in entries {
                    let path = Path { above: Some(self), part: key };
                    with(&path, key.as_bytes());
                    path.each_text(item, with);
                }
            }
        }
    }
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(above) = self.above {
            write!(f, "{above}.")?;
        }
        self.part.fmt(f)
    }
}
