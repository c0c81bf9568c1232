//! The secrets of a run: looked up before anything starts, and all at once.

use std::fmt;

use sealkit_guard::{Guard, Strength};
use zeroize::Zeroizing;

use crate::{
    error::{Error, Result},
    program::{SecretRequest, Task},
};

/// Where the values come from.
pub type Lookup<'a> = dyn Fn(&SecretRequest) -> Result<Option<Zeroizing<Vec<u8>>>> + 'a;

/// The values that were found.
#[derive(Default)]
pub struct Values(Vec<(SecretRequest, Zeroizing<Vec<u8>>)>);

impl Values {
    /// Looks up all secrets of `tasks`, each once; also tells which were not found, by the task that asks for them.
    ///
    /// # Errors
    ///
    /// When whoever is asked cannot answer.
    pub fn find<'t>(
        tasks: impl IntoIterator<Item = &'t Task>,
        lookup: &Lookup<'_>,
    ) -> Result<(Self, Vec<(&'t Task, &'t SecretRequest)>)> {
        let mut found = Self::default();
        let mut missing: Vec<(&Task, &SecretRequest)> = Vec::new();
        for task in tasks {
            for request in &task.secret_requests {
                if found.get(request).is_some() {
                    continue;
                }
                // What is missing is looked up again for the next task that asks: each is told.
                match lookup(request)? {
                    Some(value) => found.0.push((request.clone(), value)),
                    None => missing.push((task, request)),
                }
            }
        }
        Ok((found, missing))
    }

    /// Adds a value that was found in another way.
    pub fn add(&mut self, request: &SecretRequest, value: Zeroizing<Vec<u8>>) {
        self.0.push((request.clone(), value));
    }

    pub(crate) fn get(&self, request: &SecretRequest) -> Option<&[u8]> {
        let same = |known: &SecretRequest| {
            known.key == request.key
                && known.group == request.group
                && known.group_version == request.group_version
        };
        self.0.iter().find(|(known, _)| same(known)).map(|(_, value)| &***value)
    }

    /// The value of a secret of `task`.
    pub(crate) fn of(&self, task: &Task, request: &SecretRequest) -> Result<&[u8]> {
        self.get(request).ok_or_else(|| {
            let group = request.group.as_ref().map(|group| format!(" --group {group}")).unwrap_or_default();
            Error::new(format!("secret `{}` of task `{}` was not found", request.request(), task.name))
                .with_hint(format!("create it: sealkit create secret {}{group}", request.key))
        })
    }

    /// Those that are not fully guarded: the name, and what is said of the value.
    pub fn weak(&self) -> Vec<(String, Strength)> {
        let strengths =
            self.0.iter().map(|(request, value)| (request.request().to_string(), Strength::of(value)));
        strengths.filter(|(_, strength)| *strength != Strength::Full).collect()
    }

    /// What finds them in whatever pods print.
    pub(crate) fn guard(&self) -> Guard {
        Guard::new(self.0.iter().map(|(request, value)| (request.request().to_string(), value)))
    }
}

/// Names only.
impl fmt::Debug for Values {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|(request, _)| request.request().to_string())).finish()
    }
}
