//! The program as a pod: it runs one task, from the file of its inputs to that of its outputs.
//!
//! The files are those of Flyte 2: `task.Inputs` is read, and `task.Outputs` or `core.ErrorDocument` is written. Whether the task
//! succeeded is told by which one is there, and the exit code is 0 either way; anything else means that not even that could be
//! written.

use std::{
    fs,
    io::{self, Write as _},
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
};

use sealkit_idl::{
    core::{ContainerError, ContainerErrorKind, ErrorDocument, ErrorOrigin},
    prost::Message,
    task::{Inputs, NamedLiteral, Outputs},
};

use super::Fault;
use crate::{
    ErrorKind, Secret, Session, TaskMetadata, Value,
    call::Failure,
    given::Given,
    leaks::{Exit, Leaving},
    link,
    literal::{from_literal, to_literal},
    provider::Preferred,
    registry,
    task_type::Members,
};

/// The limit of Flyte for the file is 2 MiB, and a larger one counts as no error at all.
const LONGEST_MESSAGE: usize = 64 * 1024;

/// What a pod is told.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Pod {
    pub(super) task: String,
    /// The URI of the file with the inputs.
    pub(super) inputs: String,
    /// The URI of the directory for the outputs.
    pub(super) outputs: String,
}

/// Why a pod did not succeed, and whether it is worth another try.
struct Failed {
    kind: ErrorKind,
    origin: ErrorOrigin,
    again: ContainerErrorKind,
    message: String,
}

pub(super) fn execute(session: &Session, pod: &Pod) -> Result<String, Fault> {
    let task = registry::find(&pod.task)?;
    let (inputs, outputs) = (path(&pod.inputs)?, path(&pod.outputs)?);
    let (file, content, told) = match run(session, task, &inputs) {
        Ok((content, value)) => {
            if link::exists() {
                // An engine shows the output to people, and knows nothing of its type.
                let json = serde_json::to_vec(&value).unwrap_or_default();
                let _ = write(&outputs, "output.json", &json);
            }
            ("outputs.pb", content.encode_to_vec(), String::new())
        }
        Err(failed) => {
            let message = session.guard().redact_text(&failed.message).into_owned();
            // An engine tells it itself.
            let told = if link::exists() { String::new() } else { format!("error: {message}\n") };
            ("error.pb", failed.document(message).encode_to_vec(), told)
        }
    };
    super::print(io::stderr().lock(), &told);
    let written = write(&outputs, file, &content);
    written.map(|()| String::new()).map_err(|error| Fault {
        code: 1,
        message: format!("`{}` could not be written: {error}", outputs.join(file).display()),
        hint: None,
    })
}

fn run(session: &Session, task: &'static TaskMetadata, inputs: &Path) -> Result<(Outputs, Value), Failed> {
    let name = task.name();
    let wrong = |message: String| Failed {
        kind: ErrorKind::InvalidValue,
        origin: ErrorOrigin::User,
        again: ContainerErrorKind::NonRecoverable,
        message,
    };
    let members = read(inputs)?.into_iter().map(|NamedLiteral { name: input, value }| {
        let value = from_literal(value.unwrap_or_default());
        let value = value.map_err(|error| wrong(format!("input {} of task `{name}`", error.at(&input))))?;
        Ok((input, value))
    });
    let members = Members::new(members.collect::<Result<_, Failed>>()?);

    let given = given(session, task);
    let outcome = session.run(|| catch_unwind(AssertUnwindSafe(|| task.invoke()(members))));
    let output = match outcome {
        Ok(Ok(output)) => output,
        Ok(Err(Failure::Input(error))) => return Err(wrong(format!("input {error}"))),
        Ok(Err(Failure::Output(error))) => {
            return Err(wrong(format!("output of task `{name}`: {error}")));
        }
        Ok(Err(Failure::Task(text))) => {
            let (kind, hint) = session.advice_for(&text);
            let hint = hint.map(|hint| format!("\nhint: {hint}")).unwrap_or_default();
            let message = format!("task `{name}` failed: {text}{hint}");
            return Err(Failed { kind, origin: ErrorOrigin::User, again: again(kind), message });
        }
        Err(panic) => {
            let text = panic.downcast_ref::<String>().map(String::as_str);
            let text = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("without a message");
            let (kind, again) = (ErrorKind::Other, ContainerErrorKind::Recoverable);
            let message = format!("task `{name}` panicked: {text}");
            return Err(Failed { kind, origin: ErrorOrigin::User, again, message });
        }
    };
    let Some((value, variable)) = output.zip(task.interface().outputs.first()) else {
        return Ok((Outputs::default(), Value::None));
    };
    check(task, &value, &given)?;
    let literal = to_literal(variable.r#type, &value);
    let literal = literal.map_err(|error| wrong(format!("output of task `{name}`: {error}")))?;
    let output = NamedLiteral { name: variable.name.to_owned(), value: Some(literal) };
    Ok((Outputs { literals: vec![output] }, value))
}

/// All secrets that are mounted for the task: it may read them without asking the context.
fn given(session: &Session, task: &TaskMetadata) -> Given {
    let given = Given::default();
    let find = |secret: &'static Secret| session.chain().ok()?.find(secret, Preferred::First).ok()?;
    for secret in task.secret_requests() {
        if let Some(found) = find(secret) {
            given.share(session.given().add(secret, found.value.expose()));
        }
    }
    given
}

fn check(task: &'static TaskMetadata, value: &Value, given: &Given) -> Result<(), Failed> {
    let Some(output) = task.interface().outputs.first() else { return Ok(()) };
    let leaving = Leaving { task, exit: Exit::Output, name: output.name, r#type: output.r#type, value };
    leaving.check(given).map_err(|error| Failed {
        kind: error.kind(),
        origin: ErrorOrigin::User,
        again: ContainerErrorKind::NonRecoverable,
        message: format!(
            "task `{}` failed: {error}\nhint: {}",
            task.name(),
            error.hint().unwrap_or_default()
        ),
    })
}

/// What may be another time as it was this time is worth no other try.
fn again(kind: ErrorKind) -> ContainerErrorKind {
    match kind {
        ErrorKind::Other | ErrorKind::Provider | ErrorKind::Io => ContainerErrorKind::Recoverable,
        _ => ContainerErrorKind::NonRecoverable,
    }
}

impl Failed {
    fn document(&self, mut message: String) -> ErrorDocument {
        if message.len() > LONGEST_MESSAGE {
            let end = (0..=LONGEST_MESSAGE).rev().find(|end| message.is_char_boundary(*end)).unwrap_or(0);
            message.truncate(end);
            message.push_str("… (cut off)");
        }
        let error = ContainerError {
            code: self.kind.as_str().to_owned(),
            message,
            kind: self.again.into(),
            origin: self.origin.into(),
        };
        ErrorDocument { error: Some(error) }
    }
}

/// The path of a file or directory on this machine.
fn path(uri: &str) -> Result<PathBuf, Fault> {
    let path = uri.strip_prefix("file://").unwrap_or(uri);
    if path.starts_with('/') {
        return Ok(path.into());
    }
    let shown: String = uri.chars().take(200).flat_map(char::escape_debug).collect();
    let hint = "write `file:///path` or an absolute path";
    Err(Fault::usage(format!("`{shown}` is no file on this machine"), hint))
}

fn read(path: &Path) -> Result<Vec<NamedLiteral>, Failed> {
    let unreadable = |problem: String| Failed {
        kind: ErrorKind::Io,
        origin: ErrorOrigin::System,
        again: ContainerErrorKind::Recoverable,
        message: format!("the inputs `{}` cannot be read: {problem}", path.display()),
    };
    let bytes = fs::read(path).map_err(|error| unreadable(error.to_string()))?;
    let inputs = Inputs::decode(&*bytes).map_err(|_| unreadable("they are malformed".to_owned()))?;
    Ok(inputs.literals)
}

/// Writes the file as a whole: whoever sees it sees all of it.
fn write(directory: &Path, name: &str, content: &[u8]) -> io::Result<()> {
    fs::create_dir_all(directory)?;
    let mut file = tempfile::NamedTempFile::new_in(directory)?;
    file.write_all(content)?;
    file.persist(directory.join(name))?;
    Ok(())
}
