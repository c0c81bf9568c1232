//! The identifiers of secrets, in the local store and on a cluster.

use std::fmt;

use sealkit_store::Scope;

/// An identifier that selects a secret.
pub(crate) trait Selection: fmt::Display {
    /// Returns the name of the secret within its group.
    fn key(&self) -> &str;

    /// Returns the arguments that select the secret on the command line.
    fn arguments(&self) -> String;

    /// Returns whether both secrets have the same group and scope.
    fn is_sibling(&self, other: &Self) -> bool
    where
        Self: Sized;
}

impl Selection for sealkit_store::SecretId {
    fn key(&self) -> &str {
        self.key()
    }

    fn arguments(&self) -> String {
        self.arguments()
    }

    fn is_sibling(&self, other: &Self) -> bool {
        self.scope() == other.scope() && self.group() == other.group()
    }
}

impl Selection for sealkit_remote::SecretId {
    fn key(&self) -> &str {
        &self.name
    }

    fn arguments(&self) -> String {
        scope(&self.scope).select(None, &self.name)
    }

    fn is_sibling(&self, other: &Self) -> bool {
        self.scope == other.scope
    }
}

/// Converts the scope of a secret on a cluster. A scope with an invalid name becomes the global one.
fn scope(scope: &sealkit_remote::Scope) -> Scope {
    let [domain, project] =
        [&scope.domain, &scope.project].map(|name| Some(name.as_str()).filter(|name| !name.is_empty()));
    Scope::new(domain, project).unwrap_or_default()
}
