//! Reading the value of a secret from the command line, a file, standard input or the terminal.

mod notes;

use std::{
    fs::File,
    io::{self, Read},
    os::fd::AsFd as _,
    path::Path,
};

use rustix::fs::{FileType, Mode, OFlags};
use sealkit_names::rules::VALUE_MAX;
use sealkit_store::{Value, ValueKind};
use zeroize::Zeroizing;

use crate::{
    arguments::{DockerArguments, ValueArguments},
    command_line::CommandLine,
    docker,
    error::CommandError,
    prompt, terminal,
};

/// The source of a value.
pub(crate) enum Source<'a> {
    File(&'a Path),
    Variable(&'a str),
    StandardInput,
}

/// Reads a value of 1 byte to 1 MiB, byte for byte.
pub(crate) fn read_from(source: &Source<'_>) -> Result<Zeroizing<Vec<u8>>, CommandError> {
    let bytes = match source {
        Source::File(path) => read_file(path)?,
        Source::Variable(name) => match std::env::var_os(name) {
            Some(value) => Zeroizing::new(value.into_encoded_bytes()),
            None => {
                return Err(CommandError::failure(format!("the environment variable `{name}` is not set")));
            }
        },
        Source::StandardInput => read_standard_input()?,
    };
    match bytes.len() {
        0 => Err(CommandError::failure("the value is empty")),
        length if length > VALUE_MAX => Err(too_large()),
        _ => Ok(bytes),
    }
}

/// A new value for a secret.
pub(crate) struct NewValue {
    bytes: Zeroizing<Vec<u8>>,
    kind: ValueKind,
}

impl NewValue {
    /// Reads the value from the source in `args`, or prompts for it.
    ///
    /// Hints suggest `command` with another option.
    pub(crate) fn read(args: &ValueArguments, command: &CommandLine<'_>) -> Result<Self, CommandError> {
        if !args.surplus.is_empty() {
            return Err(CommandError::usage("the value cannot be an argument").with_hint(format!(
                "leave it out to be prompted for it, or read it from a file: {}",
                command.with("-f PATH")
            )));
        }
        let value = match (&args.value, &args.value_file) {
            (Some(value), _) => {
                if terminal::stderr_is_terminal() {
                    warn_about_history(command);
                }
                Self { bytes: Zeroizing::new(value.as_bytes().to_vec()), kind: ValueKind::Text }
            }
            (None, Some(path)) if path == Path::new("-") => {
                Self { bytes: read_piped_input(command)?, kind: ValueKind::Bytes }
            }
            (None, Some(path)) => Self { bytes: read_file(path)?, kind: ValueKind::Bytes },
            (None, None) if terminal::stdin_is_terminal() => {
                let line = prompt::hidden("Enter secret value: ")?;
                Self { bytes: Zeroizing::new(line.as_bytes().to_vec()), kind: ValueKind::Text }
            }
            (None, None) => {
                return Err(CommandError::usage(
                    "cannot prompt for the value: standard input is not a terminal",
                )
                .with_hint(format!("read the value from standard input: {}", command.with("-f -"))));
            }
        };
        if value.bytes.is_empty() && !args.allow_empty {
            return Err(CommandError::failure("the value is empty")
                .with_hint(format!("to accept it: {}", command.with("--allow-empty"))));
        }
        if value.bytes.len() > VALUE_MAX {
            return Err(too_large());
        }
        Ok(value)
    }

    /// Makes the value from the registry credentials in `docker`; without them, reads it from the source in `args`.
    pub(crate) fn read_with_docker(
        docker: &DockerArguments,
        args: &ValueArguments,
        command: &CommandLine<'_>,
    ) -> Result<Self, CommandError> {
        let bytes = if docker.from_docker_config {
            docker::from_config(docker.docker_config_path.as_deref(), &docker.registries)?
        } else {
            let value = Self::read(args, command)?;
            let (Some(registry), Some(username)) = (&docker.registry, &docker.username) else {
                return Ok(value);
            };
            // A file with a password usually ends with a line break.
            docker::from_password(registry, username, value.bytes.trim_ascii_end())?
        };
        Ok(Self { bytes, kind: ValueKind::Bytes })
    }

    /// Returns the value of a stored secret.
    pub(crate) fn stored(bytes: &[u8], kind: ValueKind) -> Self {
        Self { bytes: Zeroizing::new(bytes.to_vec()), kind }
    }

    /// Returns the value for the store.
    pub(crate) fn value(&self) -> Result<Value<'_>, CommandError> {
        Ok(Value::of_kind(self.kind, &self.bytes)?)
    }

    /// Returns the value if it was typed as text.
    pub(crate) fn text(&self) -> Option<&str> {
        str::from_utf8(&self.bytes).ok().filter(|_| self.kind == ValueKind::Text)
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

fn too_large() -> CommandError {
    CommandError::failure("the value is larger than 1 MiB")
        .with_hint("store the data elsewhere, and keep only its credentials or key in the secret")
}

/// Reads a regular file; never blocks on another kind of file.
fn read_file(path: &Path) -> Result<Zeroizing<Vec<u8>>, CommandError> {
    let display = path.display();
    let unreadable = |error: io::Error| {
        CommandError::failure(format!("cannot read `{display}`: {}", sealkit_names::io_reason(&error)))
    };
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::CLOEXEC | OFlags::NOCTTY;
    let fd = rustix::fs::open(path, flags, Mode::empty()).map_err(|error| unreadable(error.into()))?;
    let metadata = rustix::fs::fstat(&fd).map_err(|error| unreadable(error.into()))?;
    match FileType::from_raw_mode(metadata.st_mode) {
        FileType::RegularFile => read(File::from(fd)).map_err(unreadable),
        FileType::Directory => {
            Err(CommandError::failure(format!("cannot read `{display}`: it is a directory")))
        }
        _ => Err(CommandError::failure(format!("cannot read `{display}`: it is not a regular file"))
            .with_hint("read a pipe from standard input: … | sealkit create secret NAME -f -")),
    }
}

fn read_piped_input(command: &CommandLine<'_>) -> Result<Zeroizing<Vec<u8>>, CommandError> {
    if terminal::stdin_is_terminal() {
        return Err(CommandError::usage("`-f -` would echo the value: standard input is a terminal")
            .with_hint(format!("leave it out to be prompted: {}", command.with(""))));
    }
    read_standard_input()
}

fn read_standard_input() -> Result<Zeroizing<Vec<u8>>, CommandError> {
    // Not through `Stdin`, whose buffer would keep a copy of the value.
    let file = io::stdin().as_fd().try_clone_to_owned().map(File::from);
    file.and_then(read).map_err(|error| {
        CommandError::failure(format!("cannot read standard input: {}", sealkit_names::io_reason(&error)))
    })
}

/// Reads at most one byte more than the maximum, into a buffer that never grows: growing would leave copies.
fn read(from: impl Read) -> io::Result<Zeroizing<Vec<u8>>> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(VALUE_MAX + 64));
    from.take(VALUE_MAX as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn warn_about_history(command: &CommandLine<'_>) {
    terminal::warning("`--value` makes the secret visible in process lists and in the history of the shell");
    let shell = std::env::var("SHELL").unwrap_or_default();
    let remove = match shell.rsplit('/').next() {
        Some("bash") => "history -d -2".to_owned(),
        Some("fish") => format!("history delete --prefix '{}'", command.with("")),
        _ => "delete the line in the file $HISTFILE".to_owned(),
    };
    terminal::hint(&format!(
        "remove it from the history: {remove}; next time, leave it out to be prompted: {}",
        command.with("")
    ));
}
