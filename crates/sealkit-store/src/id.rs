//! Which secret is meant.

use std::fmt;

use sealkit_names::rules::{self, NameError};

use crate::error::{Error, ErrorKind, Result};

/// Where a secret is valid, as on Flyte 2.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// Everywhere.
    #[default]
    Global,
    /// In one domain, such as `development`.
    Domain(String),
    /// In one project of one domain.
    Project {
        /// The domain.
        domain: String,
        /// The project.
        project: String,
    },
}

impl Scope {
    /// The scope of a domain and a project.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidName`]: a bad name, or a project without its domain.
    pub fn new(domain: Option<&str>, project: Option<&str>) -> Result<Self> {
        if let Some(domain) = domain {
            checked(rules::check_domain(domain), domain)?;
        }
        if let Some(project) = project {
            checked(rules::check_project(project), project)?;
        }
        match (domain.map(str::to_owned), project.map(str::to_owned)) {
            (None, None) => Ok(Self::Global),
            (Some(domain), None) => Ok(Self::Domain(domain)),
            (Some(domain), Some(project)) => Ok(Self::Project { domain, project }),
            (None, Some(_)) => Err(Error::new(ErrorKind::InvalidName, "a project needs its domain")),
        }
    }

    /// The domain, if the scope has one.
    pub fn domain(&self) -> Option<&str> {
        match self {
            Self::Global => None,
            Self::Domain(domain) | Self::Project { domain, .. } => Some(domain),
        }
    }

    /// The project, if the scope has one.
    pub fn project(&self) -> Option<&str> {
        match self {
            Self::Project { project, .. } => Some(project),
            _ => None,
        }
    }

    /// This scope and those around it, from the narrowest to the widest.
    pub fn widening(&self) -> Vec<Self> {
        let domain = self.domain().filter(|_| self.project().is_some());
        let mut scopes = vec![self.clone()];
        scopes.extend(domain.map(|domain| Self::Domain(domain.to_owned())));
        if *self != Self::Global {
            scopes.push(Self::Global);
        }
        scopes
    }

    /// The name of the scope's folder: `_`, `d.DOMAIN` or `d.DOMAIN.p.PROJECT`.
    pub(crate) fn folder(&self) -> String {
        match self {
            Self::Global => "_".to_owned(),
            Self::Domain(domain) => format!("d.{domain}"),
            Self::Project { domain, project } => format!("d.{domain}.p.{project}"),
        }
    }

    /// The scope whose folder has this name.
    pub(crate) fn from_folder(name: &str) -> Option<Self> {
        let parts: Vec<&str> = name.split('.').collect();
        match parts[..] {
            ["_"] => Some(Self::Global),
            ["d", domain] => Self::new(Some(domain), None).ok(),
            ["d", domain, "p", project] => Self::new(Some(domain), Some(project)).ok(),
            _ => None,
        }
    }
}

/// The words after a name, such as `` in domain `d` ``; none for the global scope.
impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Global => Ok(()),
            Self::Domain(domain) => write!(f, " in domain `{domain}`"),
            Self::Project { domain, project } => write!(f, " in project `{project}` of domain `{domain}`"),
        }
    }
}

/// One secret: its scope, its group if it has one, and its key.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SecretId {
    scope: Scope,
    group: Option<String>,
    key: String,
}

impl SecretId {
    /// Names a secret.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidName`] where no secret can have this name.
    ///
    /// ```
    /// use sealkit_store::{Scope, SecretId};
    ///
    /// let id = SecretId::new(Scope::Global, Some("db"), "password").unwrap();
    /// assert_eq!(id.to_string(), "`db/password`");
    /// assert!(SecretId::new(Scope::Global, None, "../passwd").is_err());
    /// ```
    pub fn new(scope: Scope, group: Option<&str>, key: &str) -> Result<Self> {
        checked(rules::check_key(key), key)?;
        if let Some(group) = group {
            checked(rules::check_group(group), group)?;
        }
        Ok(Self { scope, group: group.map(str::to_owned), key: key.to_owned() })
    }

    /// Where it is valid.
    pub fn scope(&self) -> &Scope {
        &self.scope
    }

    /// The group it belongs to.
    pub fn group(&self) -> Option<&str> {
        self.group.as_deref()
    }

    /// Its own name.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// What names it on a command line of `sealkit`.
    ///
    /// ```
    /// use sealkit_store::{Scope, SecretId};
    ///
    /// let scope = Scope::new(Some("development"), Some("flytesnacks")).unwrap();
    /// let id = SecretId::new(scope, Some("db"), "password").unwrap();
    /// assert_eq!(id.arguments(), "password --group db --domain development --project flytesnacks");
    /// ```
    pub fn arguments(&self) -> String {
        let options =
            [("group", self.group()), ("domain", self.scope.domain()), ("project", self.scope.project())];
        let options = options.into_iter().filter_map(|(name, value)| {
            let value = value?;
            let between = if value.starts_with('-') { '=' } else { ' ' };
            Some(format!("--{name}{between}{value}"))
        });
        let mut words: Vec<String> = options.collect();
        if self.key.starts_with('-') {
            words.extend(["--".to_owned(), self.key.clone()]);
        } else {
            words.insert(0, self.key.clone());
        }
        words.join(" ")
    }
}

/// `` `group/key` in project `p` of domain `d` ``.
impl fmt::Display for SecretId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.group {
            Some(group) => write!(f, "`{group}/{}`{}", self.key, self.scope),
            None => write!(f, "`{}`{}", self.key, self.scope),
        }
    }
}

fn checked(result: Result<(), NameError>, name: &str) -> Result<()> {
    result.map_err(|error| Error::new(ErrorKind::InvalidName, error.message(name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_widen_and_their_folders_name_them() {
        let project = Scope::new(Some("development"), Some("flytesnacks")).unwrap();
        let domain = Scope::Domain("development".to_owned());
        assert_eq!(project.widening(), [project.clone(), domain.clone(), Scope::Global]);
        assert_eq!(domain.widening(), [domain.clone(), Scope::Global]);
        assert_eq!(Scope::Global.widening(), [Scope::Global]);
        for scope in project.widening() {
            assert_eq!(Scope::from_folder(&scope.folder()), Some(scope));
        }
        for strange in ["", "d", "d.", "d.a.p", "d.a.p.", "d.a.p.b.c", "tmp", "d.ä"] {
            assert_eq!(Scope::from_folder(strange), None, "{strange}");
        }
    }

    #[test]
    fn a_name_that_looks_like_an_option_is_not_taken_for_one() {
        let id = SecretId::new(Scope::Global, Some("db"), "-f").unwrap();
        assert_eq!(id.arguments(), "--group db -- -f");
        let id = SecretId::new(Scope::Global, Some("-g"), "k").unwrap();
        assert_eq!(id.arguments(), "k --group=-g");
    }

    #[test]
    fn a_project_needs_its_domain() {
        let error = Scope::new(None, Some("flytesnacks")).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidName);
    }

    #[test]
    fn names_that_could_leave_the_folder_are_refused() {
        for key in ["", ".", "..", "a/b", "a.b", "a\0", "ключ"] {
            assert!(SecretId::new(Scope::Global, None, key).is_err(), "{key}");
            assert!(SecretId::new(Scope::Global, Some(key), "k").is_err(), "{key}");
            assert!(Scope::new(Some(key), None).is_err(), "{key}");
        }
    }
}
