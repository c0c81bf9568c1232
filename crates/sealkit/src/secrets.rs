//! Reading secrets: those that the task asked for, and no others.

use std::{
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
};

use sealkit_names::{
    Request,
    read::{self, Access, ReadError},
    rules,
};

use crate::{
    Context, Result, Secret, TaskMetadata,
    context::Frame,
    error::{Error, ErrorKind},
    provider::{self, Chain, Found, Mount, Preferred},
    secret_value::{SecretBytes, SecretValue},
};

/// The secrets of one task, as flytekit's `current_context().secrets`.
///
/// A literal key that the task did not declare does not compile; any other undeclared key is refused when it is
/// read. Every method looks the secret up anew and checks the key first.
///
/// # Errors
///
/// All methods that read return
///
/// | kind | when |
/// |---|---|
/// | [`InvalidName`](ErrorKind::InvalidName) | no secret can have this name |
/// | [`NoTask`](ErrorKind::NoTask) | no task is running here |
/// | [`Undeclared`](ErrorKind::Undeclared), [`Ambiguous`](ErrorKind::Ambiguous), [`WrongMount`](ErrorKind::WrongMount) | the task did not ask for this, or not like this |
/// | [`NotFound`](ErrorKind::NotFound) | nobody has it; the message lists every place that was asked |
/// | [`NotText`](ErrorKind::NotText), [`TooLarge`](ErrorKind::TooLarge) | the value is not text, or larger than 1 MiB |
/// | [`Provider`](ErrorKind::Provider), [`Configuration`](ErrorKind::Configuration) | a provider is broken, or the environment makes no sense |
///
/// ```compile_fail
/// use sealkit::{current_context, task};
///
/// #[task(secret_requests = [Secret(key = "my_secret")])]
/// fn misspelled() -> sealkit::Result<i64> {
///     current_context().secrets().get("my_secrt")?;
///     Ok(0)
/// }
/// ```
#[derive(Clone, Debug)]
pub struct Secrets {
    context: Context,
    group: Option<String>,
}

impl Secrets {
    pub(crate) fn new(context: Context) -> Self {
        Self { context, group: None }
    }

    /// The secrets of one group; needed where a task asks for one key in several groups.
    #[must_use]
    pub fn group(&self, group: &str) -> Self {
        Self { context: self.context.clone(), group: Some(group.to_owned()) }
    }

    /// The secret as text, without white space at either end (as flytekit gives it).
    ///
    /// # Errors
    ///
    /// See [`Secrets`].
    pub fn get(&self, key: &str) -> Result<SecretValue> {
        self.read(key, Access::Value, |_, secret, found| {
            let from_file = matches!(found.mount, Mount::File(_));
            SecretValue::new(found.value, from_file).map_err(|error| {
                let message = format!("secret `{}` is not UTF-8 text", secret.request());
                Error::new(error.kind(), message).with_hint(format!("read it with `get_bytes(\"{key}\")`"))
            })
        })
    }

    /// The exact bytes of the secret.
    ///
    /// # Errors
    ///
    /// See [`Secrets`].
    pub fn get_bytes(&self, key: &str) -> Result<SecretBytes> {
        self.read(key, Access::Bytes, |_, _, found| Ok(found.value))
    }

    /// The path of a file that holds exactly the secret's bytes.
    ///
    /// That is the file the cluster has mounted. If the secret came in another way, it is a private file that is
    /// removed when the task ends.
    ///
    /// # Errors
    ///
    /// See [`Secrets`]; [`Io`](ErrorKind::Io) if a private file cannot be written.
    pub fn get_secrets_file(&self, key: &str) -> Result<PathBuf> {
        self.read(key, Access::File, |frame, secret, found| match found.mount {
            Mount::File(path) => Ok(path),
            Mount::Variable(_) | Mount::None => private_file(frame, &secret.request(), &found.value),
        })
    }

    /// The name of the environment variable that holds the secret.
    ///
    /// A pod takes secrets out of its environment before any code of yours runs, so that nothing inherits them. Those that are
    /// requested with `env_var` stay.
    ///
    /// # Errors
    ///
    /// See [`Secrets`]; [`NotFound`](ErrorKind::NotFound) also if the secret is there, but in no variable.
    pub fn get_secrets_env_var(&self, key: &str) -> Result<String> {
        self.read(key, Access::Variable, |_, secret, found| match found.mount {
            Mount::Variable(name) => Ok(name),
            Mount::File(_) | Mount::None => {
                let message = format!("secret `{}` is not in an environment variable", secret.request());
                Err(Error::new(ErrorKind::NotFound, message).with_hint(format!(
                    "read it with `get(\"{key}\")`, or request it with `env_var = \"MY_VARIABLE\"`"
                )))
            }
        })
    }

    fn read<T>(
        &self,
        key: &str,
        access: Access,
        take: impl FnOnce(&Frame, &'static Secret, Found) -> Result<T>,
    ) -> Result<T> {
        let result = self.find(key, access).and_then(|(frame, secret, found)| {
            frame.give(secret, &found.value);
            take(frame, secret, found)
        });
        if let Err(error) = &result
            && let Some(frame) = self.context.frame()
        {
            frame.session.remember(error);
        }
        result
    }

    fn find(&self, key: &str, access: Access) -> Result<(&Frame, &'static Secret, Found)> {
        let group = self.group.as_deref();
        if let Err(error) = rules::check_key(key) {
            let requests = self
                .context
                .frame()
                .and_then(|frame| frame.task)
                .map_or(&[][..], |task| task.secret_requests());
            let requests: Vec<Request<'_>> = requests.iter().map(Secret::request).collect();
            let message = read::invalid_key_message(error, &requests, group, key, access);
            return Err(Error::new(ErrorKind::InvalidName, message));
        }
        if let Some(group) = group {
            rules::check_group(group)
                .map_err(|error| Error::new(ErrorKind::InvalidName, error.message(group)))?;
        }
        let Some((frame, task)) = self.context.frame().and_then(|frame| Some((frame, frame.task?))) else {
            return Err(outside_a_task(key));
        };
        let secret = declared(task, group, key, access)?;
        let preferred = match access {
            Access::Value | Access::Bytes | Access::Reference => Preferred::First,
            Access::File => Preferred::File,
            Access::Variable => Preferred::Variable,
        };
        let chain = frame.session.chain()?;
        match chain.find(secret, preferred)? {
            Some(found) => Ok((frame, secret, found)),
            None => Err(not_found(task, secret, chain)),
        }
    }
}

/// The request of `task` that a read means.
fn declared(
    task: &'static TaskMetadata,
    group: Option<&str>,
    key: &str,
    access: Access,
) -> Result<&'static Secret> {
    let requests = task.secret_requests();
    read::resolve(requests.iter().map(Secret::request), group, key, access)
        .map(|index| &requests[index])
        .map_err(|error| {
            let kind = match error {
                ReadError::Undeclared => ErrorKind::Undeclared,
                ReadError::Ambiguous => ErrorKind::Ambiguous,
                ReadError::WrongMount => ErrorKind::WrongMount,
            };
            let requests: Vec<Request<'_>> = requests.iter().map(Secret::request).collect();
            Error::new(kind, read::message(error, task.name(), &requests, group, key, access))
        })
}

fn outside_a_task(key: &str) -> Error {
    Error::new(ErrorKind::NoTask, format!("secret `{key}` was read outside a task")).with_hint(
        "read it inside a function with `#[task(secret_requests = [...])]`; on another thread or in a spawned \
         future, hand the context over with `Context::run` or `Context::scope`",
    )
}

fn not_found(task: &TaskMetadata, secret: &Secret, chain: &Chain) -> Error {
    let (request, places) = (secret.request(), chain.places(secret));
    let looked = match &places[..] {
        [] => "because no provider was asked".to_owned(),
        [one] => format!("in {one}"),
        [most @ .., last] => format!("in {} or {last}", most.join(", ")),
    };
    let error = Error::new(
        ErrorKind::NotFound,
        format!("secret `{request}` of task `{}` was not found {looked}", task.name()),
    );
    if provider::is_pod() {
        return error
            .with_hint(format!("create it where the task runs: union create secret {}", request.key));
    }
    // The name without prefix, which is the shortest way in a local run, or the one that was asked for.
    let names = || places.iter().filter_map(|place| place.strip_prefix('$'));
    let name =
        request.env_var.or_else(|| names().find(|name| !name.starts_with('_'))).or_else(|| names().next());
    let for_this_run = name.map(|name| format!("for this run: read -rs {name} && export {name}"));
    let create = chain.remedy(secret).map(|command| format!("create it: {command}"));
    let hints: Vec<String> = [create, for_this_run].into_iter().flatten().collect();
    if hints.is_empty() { error } else { error.with_hint(hints.join("; ")) }
}

/// Writes the value to a file that only we can read, and gives its path.
fn private_file(frame: &Frame, request: &Request<'_>, value: &SecretBytes) -> Result<PathBuf> {
    let folder = frame.secret_files()?.join(request.group.unwrap_or("_"));
    let path = folder.join(request.key);
    match fs::create_dir_all(&folder).and_then(|()| write_private(&folder, &path, value.expose())) {
        Ok(()) => Ok(path),
        // Written by an earlier read of the same call.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(path),
        Err(error) => {
            let message = format!("secret `{request}` could not be written to a private file");
            Err(Error::new(ErrorKind::Io, message).with_source(error))
        }
    }
}

/// Puts the whole file in place at once: another thread of the task may be reading it already.
fn write_private(folder: &Path, path: &Path, value: &[u8]) -> io::Result<()> {
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o400));
    let mut file = builder.tempfile_in(folder)?;
    file.write_all(value)?;
    file.persist_noclobber(path)?;
    Ok(())
}
