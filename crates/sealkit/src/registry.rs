//! The registry of the tasks in this program.

use sealkit_names::{closest, escape, nearest};

use crate::{
    Result, TaskMetadata,
    error::{Error, ErrorKind},
};

/// The registration of a task, created by the code that `#[task]` and `#[workflow]` generate.
#[doc(hidden)]
#[derive(Debug)]
pub struct Registered(pub &'static TaskMetadata);

inventory::collect!(Registered);

pub(crate) fn all() -> impl Iterator<Item = &'static TaskMetadata> {
    inventory::iter::<Registered>().map(|registered| registered.0)
}

/// Returns all tasks and workflows of this program, sorted by module and name.
///
/// Tasks register themselves in every module and crate of the program. The linker drops a crate that the program does
/// not refer to, together with its tasks. Write `use my_tasks as _;` in the binary to keep it.
///
/// # Errors
///
/// Returns an error of kind [`ErrorKind::Configuration`] if two tasks have the same name.
///
/// # Examples
///
/// ```standalone_crate
/// use sealkit::{TaskMetadata, task, tasks};
///
/// #[task]
/// fn noop() -> sealkit::Result<()> {
///     Ok(())
/// }
///
/// assert_eq!(tasks()?.into_iter().map(TaskMetadata::name).collect::<Vec<_>>(), ["noop"]);
/// # Ok::<(), sealkit::Error>(())
/// ```
pub fn tasks() -> Result<Vec<&'static TaskMetadata>> {
    let mut tasks: Vec<&'static TaskMetadata> = all().collect();
    tasks.sort_by_key(|task| task.name());
    if let Some([a, b]) = tasks.windows(2).find(|pair| pair[0].name() == pair[1].name()) {
        let mut modules = [a.module(), b.module()];
        modules.sort_unstable();
        let message =
            format!("two tasks are named `{}`: one in `{}`, one in `{}`", a.name(), modules[0], modules[1]);
        let hint = format!("rename one of them: #[task(name = \"{}_2\")]", a.name());
        return Err(Error::new(ErrorKind::Configuration, message).with_hint(hint));
    }
    tasks.sort_by_key(|task| (task.module(), task.name()));
    match tasks.iter().find_map(|task| Some((task, task.invalid_call()?))) {
        Some((task, path)) => Err(invalid_call(task, path)),
        None => Ok(tasks),
    }
}

fn invalid_call(task: &TaskMetadata, path: &str) -> Error {
    let message =
        format!("`calls` of {} `{}` names `{path}`, which is not a task", task.kind().as_str(), task.name());
    Error::new(ErrorKind::Configuration, message)
        .with_hint(format!("write #[task] above `{path}`, or remove it from `calls`"))
}

/// Returns the task `name`.
pub(crate) fn find(name: &str) -> Result<&'static TaskMetadata> {
    let tasks = tasks()?;
    if let Some(task) = tasks.iter().find(|task| task.name() == name) {
        return Ok(task);
    }
    let error = Error::new(ErrorKind::InvalidName, format!("no task is named `{}`", escape(name)));
    Err(match nearest(name, tasks.iter().map(|task| task.name())) {
        Some(near) => error.with_hint(format!("did you mean `{near}`?")),
        None => {
            let names = closest(name, tasks.iter().map(|task| task.name()));
            let known = if names.is_empty() { "none" } else { &names };
            error.with_hint(format!(
                "the tasks of this program: {known}; to link a crate that only contains tasks: `use my_tasks as _;`"
            ))
        }
    })
}
