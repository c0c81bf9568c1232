//! The secrets of a run, all looked up before anything starts.

use std::fmt;

use sealkit_guard::{Guard, Strength};
use sealkit_protocol::{Code, Problem, Task, description::SecretRequest};
use zeroize::Zeroizing;

use sealkit_program::Result;

/// A function that looks up the value of a secret.
pub type Lookup<'a> = dyn Fn(&SecretRequest) -> Result<Option<Zeroizing<Vec<u8>>>> + 'a;

/// The values of secrets.
#[derive(Default)]
pub struct Values(Vec<(SecretRequest, Zeroizing<Vec<u8>>)>);

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
    pub fn insert(&mut self, request: &SecretRequest, value: Zeroizing<Vec<u8>>) {
        self.0.push((request.clone(), value));
    }

    /// Returns whether there are no values.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn get(&self, request: &SecretRequest) -> Option<&[u8]> {
        let is_same = |known: &SecretRequest| {
            known.key == request.key
                && known.group == request.group
                && known.group_version == request.group_version
        };
        self.0.iter().find(|(known, _)| is_same(known)).map(|(_, value)| &***value)
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

    /// Returns the names of secrets that are not fully guarded, and how strong each value is.
    pub fn weak(&self) -> Vec<(String, Strength)> {
        let strengths =
            self.0.iter().map(|(request, value)| (request.request().to_string(), Strength::of(value)));
        strengths.filter(|(_, strength)| *strength != Strength::Full).collect()
    }

    /// Returns a guard that finds the values in the output of pods.
    pub(crate) fn guard(&self) -> Guard {
        Guard::new(self.0.iter().map(|(request, value)| (request.request().to_string(), value)))
    }
}

/// Shows names only.
impl fmt::Debug for Values {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|(request, _)| request.request().to_string())).finish()
    }
}
