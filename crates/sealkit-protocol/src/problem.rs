//! Problems: why a task failed, or why a program cannot answer.

use std::{fmt, time::Duration};

use prost::Message;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Why a task failed.
///
/// Before it leaves a process, its texts are redacted.
#[derive(Clone, PartialEq, Eq, Message, Serialize, Deserialize)]
#[serde(default)]
pub struct Problem {
    /// The name of the code; see [`code`](Self::code).
    #[prost(string, tag = "1")]
    #[serde(rename = "code")]
    pub(crate) name: String,
    /// What failed.
    #[prost(string, tag = "2")]
    pub message: String,
    /// What to do next.
    #[prost(string, optional, tag = "3")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// The causes: the first one caused the problem, each other one caused the one before.
    #[prost(string, repeated, tag = "4")]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub causes: Vec<String>,
    /// Whether a retry can help.
    #[prost(bool, tag = "5")]
    pub retryable: bool,
    /// The error of the task as JSON, if its type can be serialized: the caller gets it back as a value of that type.
    #[prost(message, optional, boxed, tag = "10")]
    #[serde(skip)]
    pub(crate) value: Option<Box<ErrorValue>>,
    /// How long the next attempt has to wait at least, in milliseconds.
    #[prost(uint32, optional, tag = "11")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_after_ms: Option<u32>,
}

/// The error of a task as JSON.
#[derive(Clone, PartialEq, Eq, Message)]
pub(crate) struct ErrorValue {
    #[prost(string, tag = "1")]
    json: String,
}

impl ErrorValue {
    /// Returns whether `change` keeps the JSON and everything in it: texts without their escapes, and lists of numbers that are bytes.
    fn is_kept(&self, change: &impl Fn(&str) -> String) -> bool {
        fn is_kept(value: &Value, is_text_kept: &impl Fn(&str) -> bool) -> bool {
            match value {
                Value::String(text) => is_text_kept(text),
                Value::Array(items) => {
                    let byte = |item: &Value| item.as_u64().and_then(|number| u8::try_from(number).ok());
                    let bytes: Option<Vec<u8>> = items.iter().map(byte).collect();
                    bytes.is_none_or(|bytes| is_text_kept(&String::from_utf8_lossy(&bytes)))
                        && items.iter().all(|item| is_kept(item, is_text_kept))
                }
                Value::Object(members) => {
                    members.iter().all(|(name, member)| is_text_kept(name) && is_kept(member, is_text_kept))
                }
                Value::Null | Value::Bool(_) | Value::Number(_) => true,
            }
        }
        let is_text_kept = |text: &str| change(text) == text;
        let value = serde_json::from_str(&self.json);
        is_text_kept(&self.json) && value.is_ok_and(|value| is_kept(&value, &is_text_kept))
    }
}

macro_rules! codes {
    ($($(#[$docs:meta])* $code:ident = $name:literal,)*) => {
        /// The code of a problem. Its names are stable: they are the codes of failed actions in the console of Flyte, too.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Code {
            $($(#[$docs])* $code,)*
        }

        impl Code {
            /// All codes.
            pub const ALL: &[Self] = &[$(Self::$code),*];

            /// Returns the name in snake case, such as `not_found`.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$code => $name,)*
                }
            }
        }
    };
}

codes! {
    /// A name is not valid.
    InvalidName = "invalid_name",
    /// A task reads a secret that it does not request.
    Undeclared = "undeclared",
    /// A task reads a key that it requests in several groups.
    Ambiguous = "ambiguous",
    /// A task reads a secret in a way that its request does not allow.
    WrongMount = "wrong_mount",
    /// A secret does not exist.
    NotFound = "not_found",
    /// There is no running task.
    NoTask = "no_task",
    /// A secret is not text.
    NotText = "not_text",
    /// A secret or an output is too large.
    TooLarge = "too_large",
    /// A provider of secrets failed.
    Provider = "provider",
    /// The program or its environment is set up incorrectly.
    Configuration = "configuration",
    /// An input or output has the wrong type.
    InvalidValue = "invalid_value",
    /// An output or input contains a secret.
    Leak = "leak",
    /// A file cannot be read or written.
    Io = "io",
    /// A task failed with an error of its own.
    Other = "other",
    /// A task reached its timeout.
    Timeout = "timeout",
    /// The process of a task ended without a result.
    Ended = "ended",
    /// The run, or the call of the task, was cancelled.
    Cancelled = "cancelled",
}

impl Code {
    /// Returns the code with this name; [`Code::Other`] for a name of another version or another program.
    pub fn from_name(name: &str) -> Self {
        Self::ALL.iter().copied().find(|code| code.as_str() == name).unwrap_or(Self::Other)
    }

    /// Returns whether a retry can help: failures of the environment may pass, others do not.
    pub const fn is_retryable(self) -> bool {
        matches!(self, Self::Other | Self::Provider | Self::Io | Self::Timeout | Self::Ended)
    }
}

impl Problem {
    /// Creates a problem that is retryable if its code is.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        let (name, message, retryable) = (code.as_str().to_owned(), message.into(), code.is_retryable());
        Self { name, message, retryable, hint: None, causes: Vec::new(), value: None, retry_after_ms: None }
    }

    /// Sets the hint.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Sets the hint, if there is one.
    #[must_use]
    pub fn with_optional_hint(mut self, hint: Option<&str>) -> Self {
        self.hint = hint.map(str::to_owned);
        self
    }

    /// Returns the same problem, for which a retry cannot help.
    #[must_use]
    pub fn not_retryable(mut self) -> Self {
        self.retryable = false;
        self
    }

    /// Sets how long the next attempt has to wait at least.
    #[must_use]
    pub fn with_retry_after(mut self, delay: Option<Duration>) -> Self {
        self.retry_after_ms = delay.map(|delay| u32::try_from(delay.as_millis()).unwrap_or(u32::MAX));
        self
    }

    /// Returns how long the next attempt has to wait at least.
    pub fn retry_after(&self) -> Option<Duration> {
        self.retry_after_ms.map(|delay| Duration::from_millis(delay.into()))
    }

    /// Sets the error of the task as JSON.
    #[must_use]
    pub fn with_value(mut self, json: Option<String>) -> Self {
        self.value = json.map(|json| Box::new(ErrorValue { json }));
        self
    }

    /// Returns the error of the task as JSON.
    pub fn value(&self) -> Option<&str> {
        self.value.as_ref().map(|value| &*value.json)
    }

    /// Returns the problem of a task that failed with this one.
    #[must_use]
    pub fn of_task(mut self, task: &str) -> Self {
        self.message = format!("task `{task}` failed: {}", self.message);
        self
    }

    /// Returns the code.
    pub fn code(&self) -> Code {
        Code::from_name(&self.name)
    }

    /// Changes every text, for example to redact secrets. A value that would be changed is dropped.
    #[must_use]
    pub fn map_texts(mut self, change: impl Fn(&str) -> String) -> Self {
        self.message = change(&self.message);
        self.hint = self.hint.map(|hint| change(&hint));
        self.causes = self.causes.iter().map(|cause| change(cause)).collect();
        self.value = self.value.filter(|value| value.is_kept(&change));
        self
    }
}

/// The message, and each cause on a line of its own. The alternate form `{:#}` also contains the hint.
impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        for cause in &self.causes {
            write!(f, "\ncaused by: {cause}")?;
        }
        match &self.hint {
            Some(hint) if f.alternate() => write!(f, "\nhint: {hint}"),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn problem() -> Problem {
        let mut problem =
            Problem::new(Code::NotFound, "task `t` failed: setup failed").with_hint("create it");
        problem.causes = vec!["secret `k` was not found".to_owned()];
        problem
    }

    #[test]
    fn every_code_has_a_unique_name_that_leads_back_to_it() {
        for code in Code::ALL {
            assert_eq!(Code::from_name(code.as_str()), *code);
        }
        assert_eq!(Code::from_name("USER:Unknown"), Code::Other);
    }

    #[test]
    fn a_delay_before_the_next_attempt_crosses_processes() {
        let delay = Duration::from_millis(1500);
        let sent = problem().with_retry_after(Some(delay));
        assert_eq!(Problem::decode(&*sent.encode_to_vec()).unwrap().retry_after(), Some(delay));
        let longest = problem().with_retry_after(Some(Duration::MAX));
        assert_eq!(longest.retry_after_ms, Some(u32::MAX));
    }

    #[test]
    fn a_value_that_would_be_changed_is_dropped() {
        let sent = problem().with_value(Some("{\"pin\":1234}".to_owned()));
        assert_eq!(sent.clone().map_texts(str::to_owned), sent);
        assert_eq!(sent.map_texts(|text| text.replace("1234", "")).value(), None);
        // Also where the JSON spells a text otherwise.
        for json in [r#"{"pin":"12\u00334"}"#, r#"[{"12\u00334":1}]"#, r#"{"pin":[49,50,51,52]}"#] {
            let sent = problem().with_value(Some(json.to_owned()));
            assert_eq!(sent.map_texts(|text| text.replace("1234", "")).value(), None, "{json}");
        }
    }

    #[test]
    fn a_problem_is_shown_with_its_causes() {
        let text = "task `t` failed: setup failed\ncaused by: secret `k` was not found";
        assert_eq!(problem().to_string(), text);
        assert_eq!(format!("{:#}", problem()), format!("{text}\nhint: create it"));
    }
}
