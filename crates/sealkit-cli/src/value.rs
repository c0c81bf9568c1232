//! Where a value is taken from, and what is odd about it.

use std::{
    fs::File,
    io::{self, Read},
    os::fd::AsFd as _,
    path::Path,
};

use rustix::fs::{FileType, Mode, OFlags};
use sealkit_guard::Strength;
use sealkit_names::rules::VALUE_MAX;
use sealkit_store::{SecretId, Value, ValueKind};
use zeroize::Zeroizing;

use crate::{
    arguments::{DockerArguments, ValueArguments},
    docker,
    fault::Fault,
    prompt,
    secret::Command,
    terminal,
};

/// The largest `NAME=VALUE` that Linux gives to a process.
const VARIABLE_MAX: usize = 128 * 1024;

/// Where a value is for the reading.
pub(crate) enum Source<'a> {
    File(&'a Path),
    Variable(&'a str),
    StandardInput,
}

/// The exact bytes of a value of 1 byte to 1 MiB.
pub(crate) fn read_from(source: &Source<'_>) -> Result<Zeroizing<Vec<u8>>, Fault> {
    let bytes = match source {
        Source::File(path) => file(path)?,
        Source::Variable(name) => match std::env::var_os(name) {
            Some(value) => Zeroizing::new(value.into_encoded_bytes()),
            None => return Err(Fault::failure(format!("the environment variable `{name}` is not set"))),
        },
        Source::StandardInput => from_standard_input()?,
    };
    match bytes.len() {
        0 => Err(Fault::failure("the value is empty")),
        length if length > VALUE_MAX => Err(too_large()),
        _ => Ok(bytes),
    }
}

/// A value and how it was given.
pub(crate) struct Given {
    bytes: Zeroizing<Vec<u8>>,
    form: ValueKind,
}

impl Given {
    /// Takes the value from where `from` says, or asks for it. `command` is what is being done.
    pub(crate) fn take(from: &ValueArguments, command: &Command<'_>) -> Result<Self, Fault> {
        if !from.surplus.is_empty() {
            return Err(Fault::usage("a value is not an argument").with_hint(format!(
                "leave it out to be asked for it, or read it from a file: {}",
                command.with("-f PATH")
            )));
        }
        let given = match (&from.value, &from.value_file) {
            (Some(value), _) => {
                if terminal::errors_are_seen() {
                    warn_of_history(command);
                }
                Self { bytes: Zeroizing::new(value.as_bytes().to_vec()), form: ValueKind::Text }
            }
            (None, Some(path)) if path == Path::new("-") => {
                Self { bytes: standard_input(command)?, form: ValueKind::Bytes }
            }
            (None, Some(path)) => Self { bytes: file(path)?, form: ValueKind::Bytes },
            (None, None) if terminal::input_is_typed() => {
                let line = prompt::line("Enter secret value: ")?;
                Self { bytes: Zeroizing::new(line.as_bytes().to_vec()), form: ValueKind::Text }
            }
            (None, None) => {
                return Err(Fault::usage("no value: standard input is not a terminal")
                    .with_hint(format!("read the value from there: {}", command.with("-f -"))));
            }
        };
        if given.bytes.is_empty() && !from.allow_empty {
            return Err(Fault::failure("the value is empty")
                .with_hint(format!("if that is meant: {}", command.with("--allow-empty"))));
        }
        if given.bytes.len() > VALUE_MAX {
            return Err(too_large());
        }
        Ok(given)
    }

    /// The credentials of registries, from where `docker` says; if it does not, the value as it is.
    pub(crate) fn take_docker(
        docker: &DockerArguments,
        from: &ValueArguments,
        command: &Command<'_>,
    ) -> Result<Self, Fault> {
        let bytes = if docker.from_docker_config {
            docker::from_config(docker.docker_config_path.as_deref(), &docker.registries)?
        } else {
            let given = Self::take(from, command)?;
            let (Some(registry), Some(username)) = (&docker.registry, &docker.username) else {
                return Ok(given);
            };
            docker::from_password(registry, username, given.password())?
        };
        Ok(Self { bytes, form: ValueKind::Bytes })
    }

    /// A password is no longer for the line break at the end of its file.
    fn password(&self) -> &[u8] {
        self.bytes.trim_ascii_end()
    }

    pub(crate) fn value(&self) -> Result<Value<'_>, Fault> {
        match (self.form, str::from_utf8(&self.bytes)) {
            _ if self.bytes.is_empty() => Ok(Value::empty(self.form)),
            (ValueKind::Text, Ok(text)) => Ok(Value::text(text)?),
            _ => Ok(Value::bytes(&self.bytes)?),
        }
    }

    /// The value, if it was typed as text.
    pub(crate) fn text(&self) -> Option<&str> {
        str::from_utf8(&self.bytes).ok().filter(|_| self.form == ValueKind::Text)
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Tells what may surprise the one who reads the value.
    pub(crate) fn notes(&self, id: &SecretId) {
        let text = str::from_utf8(&self.bytes);
        if text.is_err() || self.bytes.contains(&0) {
            terminal::note(&format!(
                "the value is not text: tasks read it with `get_bytes(\"{key}\")`, or request it with \
                 `mount_requirement = FILE`",
                key = id.key()
            ));
        } else if text.is_ok_and(|text| text != text.trim_matches(is_white_space)) {
            let end = if self.bytes.ends_with(b"\n") {
                "ends with a line break"
            } else {
                "has white space around it"
            };
            terminal::note(&format!("the value {end}, which is kept; `get` gives it without"));
        }
        if self.bytes.len() >= VARIABLE_MAX {
            terminal::note("the value is too large for an environment variable: request it as a file");
        }
        let strength = Strength::of(&self.bytes);
        if strength != Strength::Full {
            terminal::warning(&format!("secret {id} {strength}"));
        }
    }
}

/// What `get` takes away, as flytekit does: Python's white space.
fn is_white_space(c: char) -> bool {
    c.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&c)
}

fn too_large() -> Fault {
    Fault::failure("the value is larger than 1 MiB")
        .with_hint("a cluster takes no larger one: keep the data elsewhere, and a key to it here")
}

/// The exact bytes of a regular file; whatever else is there is never waited for.
fn file(path: &Path) -> Result<Zeroizing<Vec<u8>>, Fault> {
    let shown = path.display();
    let cannot = |error: io::Error| {
        let reason = error.to_string();
        let reason = reason.split(" (os error").next().unwrap_or_default();
        Fault::failure(format!("`{shown}` cannot be read: {reason}"))
    };
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::CLOEXEC | OFlags::NOCTTY;
    let fd = rustix::fs::open(path, flags, Mode::empty()).map_err(|error| cannot(error.into()))?;
    let found = rustix::fs::fstat(&fd).map_err(|error| cannot(error.into()))?;
    match FileType::from_raw_mode(found.st_mode) {
        FileType::RegularFile => read(File::from(fd)).map_err(cannot),
        FileType::Directory => Err(Fault::failure(format!("`{shown}` is a directory"))),
        _ => Err(Fault::failure(format!("`{shown}` is not a regular file"))
            .with_hint("for a pipe, read standard input: … | sealkit create secret NAME -f -")),
    }
}

fn standard_input(command: &Command<'_>) -> Result<Zeroizing<Vec<u8>>, Fault> {
    if terminal::input_is_typed() {
        return Err(Fault::usage("`-f -` would show what is typed: standard input is a terminal")
            .with_hint(format!("leave it out to be asked: {}", command.with(""))));
    }
    from_standard_input()
}

fn from_standard_input() -> Result<Zeroizing<Vec<u8>>, Fault> {
    // Not through the buffer of `Stdin`, which would keep a copy.
    let file = io::stdin().as_fd().try_clone_to_owned().map(File::from);
    file.and_then(read).map_err(|error| Fault::failure(format!("standard input cannot be read: {error}")))
}

/// Reads at most one byte more than a value may have, into memory that does not move.
fn read(from: impl Read) -> io::Result<Zeroizing<Vec<u8>>> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(VALUE_MAX + 64));
    from.take(VALUE_MAX as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn warn_of_history(command: &Command<'_>) {
    terminal::warning(
        "`--value` shows the secret to everybody who sees the list of processes, and the shell keeps it in its history",
    );
    let shell = std::env::var("SHELL").unwrap_or_default();
    let forget = match shell.rsplit('/').next() {
        Some("bash") => "history -d -2".to_owned(),
        Some("fish") => format!("history delete --prefix '{}'", command.with("")),
        _ => "remove the line from the file $HISTFILE".to_owned(),
    };
    terminal::hint(&format!(
        "forget it: {forget}; next time, leave it out to be asked: {}",
        command.with("")
    ));
}
