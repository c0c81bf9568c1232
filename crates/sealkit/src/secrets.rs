//! Access to the secrets that a task requests.

use std::{env, path::PathBuf};

use sealkit_names::{
    Request,
    lookup::{self, Pass},
    read::{self, Access, ReadError},
    rules, variables,
};

use crate::{
    Context, Result, Secret, TaskMetadata,
    context::Frame,
    error::{Error, ErrorKind},
    private_file::private_file,
    provider::{self, Chain, Mount, Preference, ProvidedValue},
    secret_value::{SecretBytes, SecretValue},
};

/// The secrets of the running task.
///
/// [`Context::secrets`] returns it, as `current_context().secrets` does in flytekit. Every method checks the key first
/// and then looks the secret up again; nothing is cached.
///
/// # Examples
///
/// ```
/// use sealkit::{ErrorKind, current_context, task, testing::TestSecrets};
///
/// #[task(secret_requests = [
///     Secret(key = "my_secret"),
///     Secret(key = "my_file", mount_requirement = FILE),
///     Secret(key = "pin", group = "db"),
/// ])]
/// fn read_all() -> sealkit::Result<String> {
///     let secrets = current_context().secrets();
///     let text = secrets.get("my_secret")?;
///     let bytes = secrets.get_bytes("my_file")?;
///     let path = secrets.get_secrets_file("my_file")?;
///     let pin = secrets.group("db").get("pin")?;
///
///     assert_eq!(text.expose(), "hunter2");
///     assert_eq!(bytes.expose(), &[1, 2, 3]);
///     assert_eq!(std::fs::read(path).unwrap(), [1, 2, 3]);
///     assert_eq!(pin.expose(), "0000");
///     Ok("connected".to_owned())
/// }
///
/// let all = || TestSecrets::new().with("my_secret", "hunter2\n").with("my_file", [1, 2, 3]);
/// assert_eq!(all().with_group("db", "pin", "0000").run(read_all)?, "connected");
///
/// let error = all().run(read_all).unwrap_err();
/// assert_eq!(error.kind(), ErrorKind::NotFound);
/// assert_eq!(error.to_string(), "secret `db/pin` of task `read_all` was not found in the test's secrets");
/// # Ok::<(), sealkit::Error>(())
/// ```
///
/// A literal key that the task does not request does not compile. Any other key is checked when it is read:
///
/// ```compile_fail
/// use sealkit::{current_context, task};
///
/// #[task(secret_requests = [Secret(key = "my_secret")])]
/// fn misspelled() -> sealkit::Result<i64> {
///     current_context().secrets().get("my_secrt")?; // did you mean `my_secret`?
///     Ok(0)
/// }
/// ```
///
/// # Errors
///
/// Every method that reads a secret returns an error of one of these kinds:
///
/// | kind | when |
/// |---|---|
/// | [`InvalidName`](ErrorKind::InvalidName) | the key or group is not a valid name |
/// | [`NoTask`](ErrorKind::NoTask) | no task runs on this thread; see [`Context`] for threads and spawned futures |
/// | [`Undeclared`](ErrorKind::Undeclared) | the task does not request this key |
/// | [`Ambiguous`](ErrorKind::Ambiguous) | the task requests this key in several groups; use [`group`](Self::group) |
/// | [`WrongMount`](ErrorKind::WrongMount) | the `mount_requirement` of the request does not allow this method |
/// | [`NotFound`](ErrorKind::NotFound) | no provider has the secret; the message lists all locations |
/// | [`NotText`](ErrorKind::NotText) | the value is not UTF-8 text; only [`get`](Self::get) returns this |
/// | [`TooLarge`](ErrorKind::TooLarge) | the value is larger than 1 MiB, the limit of Kubernetes |
/// | [`Provider`](ErrorKind::Provider) | a provider failed, such as a file without read permission |
/// | [`Configuration`](ErrorKind::Configuration) | a `FLYTE_SECRETS_*` variable has an invalid value |
#[derive(Clone, Debug)]
pub struct Secrets {
    context: Context,
    group: Option<String>,
}

impl Context {
    /// Returns the secrets that the task requests.
    pub fn secrets(&self) -> Secrets {
        Secrets::new(self.clone())
    }
}

impl Secrets {
    fn new(context: Context) -> Self {
        Self { context, group: None }
    }

    /// Returns the secrets of one group.
    ///
    /// It is required only where a task requests the same key in several groups.
    ///
    /// # Examples
    ///
    /// ```
    /// use sealkit::{ErrorKind, current_context, task, testing::TestSecrets};
    ///
    /// #[task(secret_requests = [
    ///     Secret(key = "pin", group = "db", mount_requirement = ENV_VAR),
    ///     Secret(key = "pin", group = "hub", mount_requirement = FILE),
    /// ])]
    /// fn pins() -> sealkit::Result<bool> {
    ///     let secrets = current_context().secrets();
    ///     let key = "pin".to_owned(); // a literal would not compile here
    ///     assert_eq!(secrets.get(&key).unwrap_err().kind(), ErrorKind::Ambiguous);
    ///     Ok(secrets.group("db").get("pin")?.expose() == secrets.group("hub").get("pin")?.expose())
    /// }
    ///
    /// let secrets = TestSecrets::new().with_group("db", "pin", "0000").with_group("hub", "pin", "1234");
    /// assert!(!secrets.run(pins)?);
    /// # Ok::<(), sealkit::Error>(())
    /// ```
    #[must_use]
    pub fn group(&self, group: &str) -> Self {
        Self { context: self.context.clone(), group: Some(group.to_owned()) }
    }

    /// Returns the secret as text, without white space at either end.
    ///
    /// The white space is the set of Python's `str.strip`, because flytekit strips it too. In a mounted file, `\r\n`
    /// and `\r` become `\n`, as in flytekit. [`get_bytes`](Self::get_bytes) returns the exact value.
    ///
    /// # Errors
    ///
    /// Returns an error if the secret cannot be read; see [`Secrets`]. Returns an error of kind
    /// [`NotText`](ErrorKind::NotText) if the value is not UTF-8.
    ///
    /// # Examples
    ///
    /// ```
    /// use sealkit::{ErrorKind, current_context, task, testing::TestSecrets};
    ///
    /// #[task(secret_requests = [Secret(key = "token")])]
    /// fn length() -> sealkit::Result<usize> {
    ///     let token = current_context().secrets().get("token")?;
    ///     Ok(token.expose().len())
    /// }
    ///
    /// assert_eq!(TestSecrets::new().with("token", "hunter2\n").run(length)?, 7);
    ///
    /// let error = TestSecrets::new().with("token", [0xff]).run(length).unwrap_err();
    /// assert_eq!(error.kind(), ErrorKind::NotText);
    /// assert_eq!(error.hint(), Some("read it with `get_bytes(\"token\")`"));
    /// # Ok::<(), sealkit::Error>(())
    /// ```
    pub fn get(&self, key: &str) -> Result<SecretValue> {
        self.read(key, Access::Value, |_, secret, found| {
            let from_file = matches!(found.mount, Mount::File(_));
            SecretValue::new(found.value, from_file).map_err(|error| {
                let message = format!("secret `{}` is not UTF-8 text", secret.request());
                Error::new(error.kind(), message).with_hint(format!("read it with `get_bytes(\"{key}\")`"))
            })
        })
    }

    /// Returns the exact bytes of the secret.
    ///
    /// # Errors
    ///
    /// Returns an error if the secret cannot be read; see [`Secrets`].
    ///
    /// # Examples
    ///
    /// ```
    /// use sealkit::{current_context, task, testing::TestSecrets};
    ///
    /// #[task(secret_requests = [Secret(key = "signing_key")])]
    /// fn sign(byte: u8) -> sealkit::Result<u8> {
    ///     let key = current_context().secrets().get_bytes("signing_key")?;
    ///     Ok(key.expose().iter().fold(byte, |signature, part| signature ^ part))
    /// }
    ///
    /// assert_eq!(TestSecrets::new().with("signing_key", [1, 2, 4, b'\n']).run(|| sign(0))?, 13);
    /// # Ok::<(), sealkit::Error>(())
    /// ```
    pub fn get_bytes(&self, key: &str) -> Result<SecretBytes> {
        self.read(key, Access::Bytes, |_, _, found| Ok(found.value))
    }

    /// Returns the path of a file that contains exactly the bytes of the secret.
    ///
    /// If the secret is mounted as a file, that is the mounted file. Otherwise the value is written to a private file
    /// (mode 0400), in memory where possible, which is removed when the task ends.
    ///
    /// # Errors
    ///
    /// Returns an error if the secret cannot be read; see [`Secrets`]. Returns an error of kind
    /// [`WrongMount`](ErrorKind::WrongMount) if the request says `ENV_VAR`, and of kind [`Io`](ErrorKind::Io) if the
    /// private file cannot be written.
    ///
    /// # Examples
    ///
    /// ```
    /// use sealkit::{current_context, task, testing::TestSecrets};
    ///
    /// #[task(secret_requests = [Secret(key = "client_key", mount_requirement = FILE)])]
    /// fn connect() -> anyhow::Result<usize> {
    ///     let path = current_context().secrets().get_secrets_file("client_key")?;
    ///     Ok(std::fs::read(path)?.len()) // or pass the path to a library
    /// }
    ///
    /// let secrets = TestSecrets::new().with("client_key", "-----BEGIN PRIVATE KEY-----");
    /// assert_eq!(secrets.run(connect)?, 27);
    /// # Ok::<(), anyhow::Error>(())
    /// ```
    pub fn get_secrets_file(&self, key: &str) -> Result<PathBuf> {
        self.read(key, Access::File, |frame, secret, found| match found.mount {
            Mount::File(path) => Ok(path),
            Mount::Variable(_) | Mount::None => private_file(frame, &secret.request(), &found.value),
        })
    }

    /// Returns the name of the environment variable that contains the secret.
    ///
    /// Use it for a library that reads a variable itself. A pod removes secrets from its environment before your code
    /// runs, so that child processes do not inherit them. Only secrets that are requested with `env_var` stay there.
    ///
    /// # Errors
    ///
    /// Returns an error if the secret cannot be read; see [`Secrets`]. Returns an error of kind
    /// [`NotFound`](ErrorKind::NotFound) also if the secret was found, but not in a variable, and of kind
    /// [`WrongMount`](ErrorKind::WrongMount) if the request says `FILE`.
    ///
    /// # Examples
    ///
    /// ```
    /// use sealkit::{ErrorKind, Session, current_context, task, testing::TestSecrets};
    ///
    /// #[task(secret_requests = [Secret(key = "hf_token", mount_requirement = ENV_VAR, env_var = "HF_TOKEN")])]
    /// fn variable() -> sealkit::Result<String> {
    ///     // A child process that is started here reads its token from this variable.
    ///     current_context().secrets().get_secrets_env_var("hf_token")
    /// }
    ///
    /// # unsafe { std::env::set_var("HF_TOKEN", "t0k3n") };
    /// // In a process with `HF_TOKEN=t0k3n` in its environment:
    /// assert_eq!(Session::new().run(variable)?, "HF_TOKEN");
    ///
    /// let error = TestSecrets::new().with("hf_token", "not in a variable").run(variable).unwrap_err();
    /// assert_eq!(error.kind(), ErrorKind::NotFound);
    /// # Ok::<(), sealkit::Error>(())
    /// ```
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
        take: impl FnOnce(&Frame, &'static Secret, ProvidedValue) -> Result<T>,
    ) -> Result<T> {
        let result = self.find(key, access).and_then(|(frame, secret, found)| {
            frame.record_secret(secret, &found.value);
            take(frame, secret, found)
        });
        if let Err(error) = &result
            && let Some(frame) = self.context.frame()
        {
            frame.record_error(error);
        }
        result
    }

    fn find(&self, key: &str, access: Access) -> Result<(&Frame, &'static Secret, ProvidedValue)> {
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
            Access::Value | Access::Bytes | Access::Reference => Preference::First,
            Access::File => Preference::File,
            Access::Variable => Preference::Variable,
        };
        let chain = frame.session().chain()?;
        match chain.find(secret, preferred)? {
            Some(found) => Ok((frame, secret, found)),
            None => Err(not_found(task, secret, chain)),
        }
    }
}

/// Returns the request of `task` that matches a read.
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
        "read it inside a function with `#[task(secret_requests = [...])]`; hand the context to another thread with \
         `in_current_context(..)`, and spawn futures with `sealkit::spawn(..)`",
    )
}

fn not_found(task: &TaskMetadata, secret: &Secret, chain: &Chain) -> Error {
    let (request, locations) = (secret.request(), chain.locations(secret));
    let searched = match &locations[..] {
        [] => "because the session has no providers".to_owned(),
        [one] => format!("in {one}"),
        [most @ .., last] => format!("in {} or {last}", most.join(", ")),
    };
    let error = Error::new(
        ErrorKind::NotFound,
        format!("secret `{request}` of task `{}` was not found {searched}", task.name()),
    );
    if provider::is_pod() {
        return error.with_hint(match python_variable(&request) {
            Some(name) => format!(
                "if ${name} is this secret, request it in Python with `as_env_var=\"{}{name}\"`",
                variables::ENGINE_ENV_PREFIX
            ),
            None => format!("create it where the task runs: union create secret {}", request.key),
        });
    }
    // The requested variable, or else an unprefixed name, which is accepted in local runs.
    let names = || locations.iter().filter_map(|location| location.strip_prefix('$'));
    let name =
        request.env_var.or_else(|| names().find(|name| !name.starts_with('_'))).or_else(|| names().next());
    let for_this_run = name.map(|name| format!("for this run: read -rs {name} && export {name}"));
    let create = chain.create_command(secret).map(|command| format!("create it: {command}"));
    let hints: Vec<String> = [create, for_this_run].into_iter().flatten().collect();
    if hints.is_empty() { error } else { error.with_hint(hints.join("; ")) }
}

/// Returns the variable that the Python SDK of Flyte 2 requests for the secret if the user names none, if it is set.
fn python_variable(request: &Request<'_>) -> Option<String> {
    let is_set = |name: &str| env::var_os(name).map(drop);
    lookup::variable(Pass::Injected, request, &[], true, is_set).map(|(name, ())| name)
}
