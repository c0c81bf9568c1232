//! The secrets of a run, all looked up before anything starts.

use std::fmt;

use sealkit_guard::{Guard, GuardMode, Strength};
use sealkit_protocol::{Code, Problem, Task, description::SecretRequest};
use zeroize::Zeroizing;

use sealkit_program::Result;

/// A function that looks up the value of a secret.
pub type Lookup<'a> = dyn Fn(&SecretRequest) -> Result<Option<Found>> + 'a;

/// A secret that was found.
pub struct Found {
    /// The value.
    pub value: Zeroizing<Vec<u8>>,
    /// A text that changes whenever the value changes, and does not reveal it. Not every source has one.
    pub revision: Option<String>,
}

/// Shows no value.
impl fmt::Debug for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Found").field("revision", &self.revision).finish_non_exhaustive()
    }
}

/// The value of a source without revisions.
impl From<Zeroizing<Vec<u8>>> for Found {
    fn from(value: Zeroizing<Vec<u8>>) -> Self {
        Self { value, revision: None }
    }
}

/// The values of secrets.
#[derive(Default)]
pub struct Values(Vec<(SecretRequest, Found)>);

impl Values {
    /// Looks up all secrets of `tasks`, each once, and adds them. Returns the requests that were not found, with their tasks.
    ///
    /// # Errors
    ///
    /// Returns an error if `lookup` fails.
    pub fn look_up<'t>(
        &mut self,
        tasks: impl IntoIterator<Item = &'t Task>,
        lookup: &Lookup<'_>,
    ) -> Result<Vec<(&'t Task, &'t SecretRequest)>> {
        let mut missing: Vec<(&Task, &SecretRequest)> = Vec::new();
        for task in tasks {
            for request in &task.secret_requests {
                if self.get(request).is_some() {
                    continue;
                }
                // A missing secret is reported for every task that requests it.
                match lookup(request)? {
                    Some(value) => self.0.push((request.clone(), value)),
                    None => missing.push((task, request)),
                }
            }
        }
        Ok(missing)
    }

    /// Adds a value.
    pub fn insert(&mut self, request: &SecretRequest, value: impl Into<Found>) {
        self.0.push((request.clone(), value.into()));
    }

    /// Returns whether there are no values.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn get(&self, request: &SecretRequest) -> Option<&[u8]> {
        self.find(request).map(|found| &**found.value)
    }

    pub(crate) fn find(&self, request: &SecretRequest) -> Option<&Found> {
        self.0.iter().find(|(known, _)| is_same(known, request)).map(|(_, found)| found)
    }

    /// Returns the value of a secret of `task`.
    pub(crate) fn of(&self, task: &Task, request: &SecretRequest) -> Result<&[u8], Problem> {
        self.get(request).ok_or_else(|| {
            let group = request.group.as_ref().map(|group| format!(" --group {group}")).unwrap_or_default();
            let message = format!("secret `{}` of task `{}` was not found", request.request(), task.name);
            Problem::new(Code::NotFound, message)
                .with_hint(format!("create it: sealkit create secret {}{group}", request.key))
        })
    }

    /// Returns the names of secrets that are not fully guarded, and how strong each value is. `tasks` are those of the program.
    pub fn weak(&self, tasks: &[Task]) -> Vec<(String, Strength)> {
        let guarded = self.with_modes(tasks).filter(|(.., mode)| *mode != GuardMode::Off);
        let strengths = guarded.map(|(name, value, mode)| (name, Strength::in_mode(value, mode)));
        strengths.filter(|(_, strength)| *strength != Strength::Full).collect()
    }

    /// Returns the names of secrets that are one word each, which ordinary output may contain.
    pub fn words(&self, tasks: &[Task]) -> Vec<String> {
        let guarded = self.with_modes(tasks).filter(|(.., mode)| *mode == GuardMode::Standard);
        let words =
            guarded.filter(|(_, value, _)| Strength::is_word(value) && Strength::of(value) == Strength::Full);
        words.map(|(name, ..)| name).collect()
    }

    /// Returns a guard that finds the values in the output of pods.
    pub(crate) fn guard(&self, tasks: &[Task]) -> Guard {
        Guard::with_modes(self.with_modes(tasks))
    }

    /// Returns the names and values, and the strictest mode in which one of the tasks requests each.
    fn with_modes<'v>(&'v self, tasks: &'v [Task]) -> impl Iterator<Item = (String, &'v [u8], GuardMode)> {
        self.0.iter().map(|(secret, Found { value, .. })| {
            let requests = tasks.iter().flat_map(|task| &task.secret_requests);
            let modes = requests.filter(|request| is_same(request, secret)).map(SecretRequest::guard);
            (secret.request().to_string(), &**value as &[u8], modes.max().unwrap_or_default())
        })
    }
}

fn is_same(a: &SecretRequest, b: &SecretRequest) -> bool {
    a.key == b.key && a.group == b.group && a.group_version == b.group_version
}

/// Shows names only.
impl fmt::Debug for Values {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|(request, _)| request.request().to_string())).finish()
    }
}
