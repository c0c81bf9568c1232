//! Scopes and identifiers of secrets.

use std::fmt;

use sealkit_names::{
    MountType,
    rules::{self, NameError},
};

use crate::error::{Error, ErrorKind, Result};

/// The scope in which a secret is valid: global, a domain, or a project of a domain, as on Flyte 2.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// All domains and projects.
    #[default]
    Global,
    /// One domain, such as `development`.
    Domain(String),
    /// One project of one domain.
    Project {
        /// The domain.
        domain: String,
        /// The project.
        project: String,
    },
}

impl Scope {
    /// Returns the scope of a domain and a project.
    ///
    /// # Errors
    ///
    /// Returns [`ErrorKind::InvalidName`] if a name is invalid, or if a project is given without its domain.
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
            (None, Some(_)) => Err(Error::new(ErrorKind::InvalidName, "a project requires its domain")),
        }
    }

    /// Returns the domain, if the scope has one.
    pub fn domain(&self) -> Option<&str> {
        match self {
            Self::Global => None,
            Self::Domain(domain) | Self::Project { domain, .. } => Some(domain),
        }
    }

    /// Returns the project, if the scope has one.
    pub fn project(&self) -> Option<&str> {
        match self {
            Self::Project { project, .. } => Some(project),
            _ => None,
        }
    }

    /// Returns the scopes in which a secret is looked up: this scope first, then the wider ones.
    pub fn lookup_order(&self) -> Vec<Self> {
        let domain = self.domain().filter(|_| self.project().is_some());
        let mut scopes = vec![self.clone()];
        scopes.extend(domain.map(|domain| Self::Domain(domain.to_owned())));
        if *self != Self::Global {
            scopes.push(Self::Global);
        }
        scopes
    }

    /// Returns the arguments that select the secret `key` in this scope on the command line of `sealkit`.
    pub fn select(&self, group: Option<&str>, key: &str) -> String {
        let options = [("group", group), ("domain", self.domain()), ("project", self.project())];
        let options = options.into_iter().filter_map(|(name, value)| {
            let value = value?;
            let separator = if value.starts_with('-') { '=' } else { ' ' };
            Some(format!("--{name}{separator}{value}"))
        });
        let mut arguments: Vec<String> = options.collect();
        if key.starts_with('-') {
            arguments.extend(["--".to_owned(), key.to_owned()]);
        } else {
            arguments.insert(0, key.to_owned());
        }
        arguments.join(" ")
    }

    /// Returns the name of the scope's directory: `_`, `d.DOMAIN` or `d.DOMAIN.p.PROJECT`.
    pub(crate) fn directory_name(&self) -> String {
        match self {
            Self::Global => "_".to_owned(),
            Self::Domain(domain) => format!("d.{domain}"),
            Self::Project { domain, project } => format!("d.{domain}.p.{project}"),
        }
    }

    /// Returns the scope whose directory has this name.
    pub(crate) fn from_directory_name(name: &str) -> Option<Self> {
        let parts: Vec<&str> = name.split('.').collect();
        match parts[..] {
            ["_"] => Some(Self::Global),
            ["d", domain] => Self::new(Some(domain), None).ok(),
            ["d", domain, "p", project] => Self::new(Some(domain), Some(project)).ok(),
            _ => None,
        }
    }
}

/// Writes the text that follows a name, such as `` in domain `d` ``, and nothing for the global scope.
impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Global => Ok(()),
            Self::Domain(domain) => write!(f, " in domain `{domain}`"),
            Self::Project { domain, project } => write!(f, " in project `{project}` of domain `{domain}`"),
        }
    }
}

/// The identifier of a secret: its scope, its group if it has one, and its key.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SecretId {
    scope: Scope,
    group: Option<String>,
    key: String,
}

impl SecretId {
    /// Creates an identifier.
    ///
    /// # Errors
    ///
    /// Returns [`ErrorKind::InvalidName`] if the group or the key is invalid.
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
            checked(rules::check_stored_group(group), group).map_err(|error| {
                match rules::check_stored_group(group) {
                    Err(NameError::StoredGroup) => error.with_hint(format!(
                        "pass the secret to each run: sealkit run --secret {group}/KEY=env:VARIABLE TARGET TASK"
                    )),
                    _ => error,
                }
            })?;
        }
        Ok(Self { scope, group: group.map(str::to_owned), key: key.to_owned() })
    }

    /// Returns the scope in which the secret is valid.
    pub fn scope(&self) -> &Scope {
        &self.scope
    }

    /// Returns the group of the secret, if it has one.
    pub fn group(&self) -> Option<&str> {
        self.group.as_deref()
    }

    /// Returns the name of the secret within its group.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// Returns the arguments that select this secret on the command line of `sealkit`.
    ///
    /// ```
    /// use sealkit_store::{Scope, SecretId};
    ///
    /// let scope = Scope::new(Some("development"), Some("flytesnacks")).unwrap();
    /// let id = SecretId::new(scope, Some("db"), "password").unwrap();
    /// assert_eq!(id.arguments(), "password --group db --domain development --project flytesnacks");
    /// ```
    pub fn arguments(&self) -> String {
        self.scope.select(self.group(), &self.key)
    }

    /// Returns the command that creates this secret. One that is requested as a file usually comes from a file.
    ///
    /// ```
    /// use sealkit_names::MountType;
    /// use sealkit_store::{Scope, SecretId};
    ///
    /// let id = SecretId::new(Scope::Global, None, "cert").unwrap();
    /// assert_eq!(id.create_command(MountType::Any), "sealkit create secret cert");
    /// assert_eq!(id.create_command(MountType::File), "sealkit create secret -f PATH cert");
    /// ```
    pub fn create_command(&self, mount: MountType) -> String {
        let from = if mount == MountType::File { "-f PATH " } else { "" };
        format!("sealkit create secret {from}{}", self.arguments())
    }
}

/// Writes `` `group/key` in project `p` of domain `d` ``.
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
    fn a_lookup_goes_from_the_narrowest_scope_to_the_widest() {
        let project = Scope::new(Some("development"), Some("flytesnacks")).unwrap();
        let domain = Scope::Domain("development".to_owned());
        assert_eq!(project.lookup_order(), [project.clone(), domain.clone(), Scope::Global]);
        assert_eq!(domain.lookup_order(), [domain.clone(), Scope::Global]);
        assert_eq!(Scope::Global.lookup_order(), [Scope::Global]);
        for scope in project.lookup_order() {
            assert_eq!(Scope::from_directory_name(&scope.directory_name()), Some(scope));
        }
        for invalid in ["", "d", "d.", "d.a.p", "d.a.p.", "d.a.p.b.c", "tmp", "d.ä"] {
            assert_eq!(Scope::from_directory_name(invalid), None, "{invalid}");
        }
    }

    #[test]
    fn names_that_start_with_a_hyphen_are_not_parsed_as_options() {
        let id = SecretId::new(Scope::Global, Some("db"), "-f").unwrap();
        assert_eq!(id.arguments(), "--group db -- -f");
        let id = SecretId::new(Scope::Global, Some("-g"), "k").unwrap();
        assert_eq!(id.arguments(), "k --group=-g");
    }

    #[test]
    fn a_project_requires_its_domain() {
        let error = Scope::new(None, Some("flytesnacks")).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidName);
    }

    #[test]
    fn names_that_would_escape_the_directory_are_invalid() {
        for key in ["", ".", "..", "a/b", "a.b", "a\0", "ключ"] {
            assert!(SecretId::new(Scope::Global, None, key).is_err(), "{key}");
            assert!(SecretId::new(Scope::Global, Some(key), "k").is_err(), "{key}");
            assert!(Scope::new(Some(key), None).is_err(), "{key}");
        }
    }
}
