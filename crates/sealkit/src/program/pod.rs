//! The program as a pod: it runs one task, from the file of its inputs to that of its outputs.
//!
//! The files are those of Flyte 2: `task.Inputs` is read, and `task.Outputs` or `core.ErrorDocument` is written. Whether the task
//! succeeded is told by which one is there, and the exit code is 0 either way; anything else means that not even that could be
//! written.

mod failed;
mod task;

use std::{
    fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use sealkit_idl::{
    core::{ContainerErrorKind, ErrorOrigin},
    prost::Message,
    task::{Inputs, NamedLiteral},
};

use self::failed::Failed;
use super::Fault;
use crate::{ErrorKind, Session, link, registry};

/// What a pod is told.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Pod {
    pub(super) task: String,
    /// The URI of the file with the inputs.
    pub(super) inputs: String,
    /// The URI of the directory for the outputs.
    pub(super) outputs: String,
}

pub(super) fn execute(session: &Session, pod: &Pod) -> Result<String, Fault> {
    let task = registry::find(&pod.task)?;
    let (inputs, outputs) = (path(&pod.inputs)?, path(&pod.outputs)?);
    let (file, content, told) = match read(&inputs).and_then(|inputs| task::run(session, task, inputs)) {
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
