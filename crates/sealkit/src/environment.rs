//! Settings that several tasks share.

use sealkit_names::{ConstText, rules, variables};

use crate::{
    __private::{check_collisions, check_names},
    Cache, Resources, Schedule, Secret,
};

/// Settings that several tasks share: `environment = ENV` of [`task`](macro@crate::task).
///
/// It corresponds to `flyte.TaskEnvironment`. All secrets of the environment are requested by each of its tasks, in addition to
/// their own. A secret that both request does not compile. A task may set a variable of `env` anew, and its own `resources` (as a
/// whole), `service_account` and `interruptible` replace those of the environment.
///
/// # Examples
///
/// ```
/// use sealkit::{Environment, ErrorKind, Resources, Secret, current_context, task, testing::TestSecrets};
///
/// const ETL: Environment = Environment::new("etl")
///     .secrets(&[Secret::new("db_password")])
///     .env(&[("LOG_LEVEL", "info")])
///     .resources(Resources::NONE.cpu("1..2").memory("2Gi"))
///     .service_account("etl-reader");
///
/// #[task(environment = ETL, env = {"LOG_LEVEL" = "debug"})]
/// fn load() -> sealkit::Result<i64> {
///     let password = current_context().secrets().get("db_password")?;
///     Ok(password.expose().len() as i64)
/// }
///
/// let metadata = sealkit::TaskMetadata::of(&load).expect("a task");
/// assert_eq!(metadata.env().collect::<Vec<_>>(), [("LOG_LEVEL", "debug")]);
/// assert_eq!(metadata.resources().cpu, Some("1..2"));
///
/// assert_eq!(TestSecrets::new().with("db_password", "hunter2").run(load)?, 7);
/// assert_eq!(TestSecrets::new().run(load).unwrap_err().kind(), ErrorKind::NotFound);
/// # Ok::<(), sealkit::Error>(())
/// ```
///
/// A secret that neither the environment nor the task requests does not compile:
///
/// ```compile_fail
/// # use sealkit::{Environment, Secret, current_context, task};
/// const ETL: Environment = Environment::new("etl").secrets(&[Secret::new("db_password")]);
///
/// #[task(environment = ETL)]
/// fn load() -> sealkit::Result<()> {
///     current_context().secrets().get("db_pasword")?;
///     Ok(())
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Environment {
    name: &'static str,
    secrets: &'static [Secret],
    pub(crate) env: &'static [(&'static str, &'static str)],
    pub(crate) image: Option<&'static str>,
    pub(crate) resources: Resources,
    pub(crate) service_account: Option<&'static str>,
    pub(crate) interruptible: Option<bool>,
}

impl Environment {
    /// Creates an environment without settings. Consoles show its name beside those of its tasks.
    ///
    /// # Panics
    ///
    /// Panics, at compile time in a constant, unless the name is 1 to 63 ASCII letters, digits, `-`, `_` or `.`.
    #[must_use]
    #[track_caller]
    pub const fn new(name: &'static str) -> Self {
        assert!(
            rules::check_task_name(name).is_ok() && name.len() <= 63,
            "the name of an environment is 1 to 63 ASCII letters, digits, `-`, `_` or `.`, and is not `.` or `..`"
        );
        Self {
            name,
            secrets: &[],
            env: &[],
            image: None,
            resources: Resources::NONE,
            service_account: None,
            interruptible: None,
        }
    }

    /// Sets the secrets that all tasks of the environment request.
    ///
    /// # Panics
    ///
    /// Panics, at compile time in a constant, if a name is malformed, or if two of the secrets would be mounted in the same place.
    #[must_use]
    #[track_caller]
    pub const fn secrets(mut self, secrets: &'static [Secret]) -> Self {
        let mut i = 0;
        while i < secrets.len() {
            check_names(&secrets[i]);
            check_collisions(secrets, i);
            i += 1;
        }
        self.secrets = secrets;
        self
    }

    /// Sets environment variables of the pods. They are not for secrets: the cluster stores and shows them.
    ///
    /// A task called in the process of its caller sees the environment of that process.
    ///
    /// # Panics
    ///
    /// Panics, at compile time in a constant, if a name is malformed, reserved for Flyte and sealkit, or repeated, or if a value contains
    /// a null character.
    #[must_use]
    #[track_caller]
    pub const fn env(mut self, variables: &'static [(&'static str, &'static str)]) -> Self {
        check_env(variables);
        self.env = variables;
        self
    }

    /// Sets the image that the uploaded program runs in on a cluster. The image must contain the Flyte SDK, whose entry point starts the
    /// program.
    ///
    /// It takes precedence over `--base-image` and the configuration file. An image that contains the program itself is set with `--image`
    /// of the `sealkit` command, which takes precedence over this one.
    #[must_use]
    pub const fn image(mut self, image: &'static str) -> Self {
        self.image = Some(image);
        self
    }

    /// Sets the resources of tasks that have none of their own.
    #[must_use]
    pub const fn resources(mut self, resources: Resources) -> Self {
        self.resources = resources;
        self
    }

    /// Sets the service account of Kubernetes that pods run as.
    ///
    /// # Panics
    ///
    /// Panics, at compile time in a constant, unless the name is valid on Kubernetes: lower-case ASCII letters, digits, `-` and `.`.
    #[must_use]
    #[track_caller]
    pub const fn service_account(mut self, name: &'static str) -> Self {
        check_service_account(name);
        self.service_account = Some(name);
        self
    }

    /// Sets whether pods may run on machines that can be taken away, such as spot instances.
    #[must_use]
    pub const fn interruptible(mut self, interruptible: bool) -> Self {
        self.interruptible = Some(interruptible);
        self
    }

    /// Returns the name.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// Returns the secrets that all tasks of the environment request.
    pub const fn secret_requests(&self) -> &'static [Secret] {
        self.secrets
    }
}

/// Checks the name of a service account.
///
/// # Panics
///
/// Panics if Kubernetes does not accept it.
#[track_caller]
pub const fn check_service_account(name: &str) {
    assert!(
        rules::is_dns_name(name),
        "a service account is 1 to 253 lower-case ASCII letters, digits, `-` or `.`"
    );
}

/// Checks the names and values of environment variables.
///
/// # Panics
///
/// Panics with the rule that a name or a value breaks.
#[track_caller]
#[expect(clippy::panic, reason = "runs at compile time in a constant")]
pub const fn check_env(variables: &[(&str, &str)]) {
    let mut i = 0;
    while i < variables.len() {
        let (name, value) = variables[i];
        if let Err(error) = rules::check_variable(name) {
            panic!("{}", ConstText::of(&["`", name, "`: ", error.rule()]).as_str());
        }
        let start = "the value of environment variable `";
        let null = ConstText::of(&[start, name, "` contains a null character: remove it"]);
        assert!(variables::is_value(value), "{}", null.as_str());
        let twice = ConstText::of(&["environment variable `", name, "` is set twice"]);
        let mut j = 0;
        while j < i {
            assert!(!rules::is_same(name, variables[j].0), "{}", twice.as_str());
            j += 1;
        }
        i += 1;
    }
}

/// The settings of a task: its own, and those of its environment.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// The environment.
    pub environment: Option<Environment>,
    /// The task's own environment variables.
    pub env: &'static [(&'static str, &'static str)],
    /// The task's own service account.
    pub service_account: Option<&'static str>,
    /// Whether the task itself may run on machines that can be taken away.
    pub interruptible: Option<bool>,
    /// How results are cached.
    pub cache: Option<Cache>,
    /// When the deployed task is started.
    pub schedules: &'static [Schedule],
    /// The deployed task that the function refers to.
    pub deployed: Option<&'static str>,
}

impl Settings {
    /// No settings.
    pub const NONE: Self = Self {
        environment: None,
        env: &[],
        service_account: None,
        interruptible: None,
        cache: None,
        schedules: &[],
        deployed: None,
    };

    /// Returns the environment variables: those of the environment that the task does not set itself, and then its own.
    pub(crate) fn env(&self) -> impl Iterator<Item = (&'static str, &'static str)> + use<> {
        let own = self.env;
        let shared = self.environment.map_or(&[][..], |environment| environment.env);
        let is_own = move |name: &str| own.iter().any(|(known, _)| *known == name);
        shared.iter().filter(move |(name, _)| !is_own(name)).chain(own).copied()
    }
}
