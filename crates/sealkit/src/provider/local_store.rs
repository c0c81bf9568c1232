//! The provider for the local store.

use std::path::Path;

use once_cell::sync::OnceCell;
use sealkit_store::{Scope, SecretId, Store, StorePaths};

use super::{ProvidedValue, Provider};
use crate::{
    Result, Secret, SecretBytes,
    error::{Error, ErrorKind},
};

/// A provider for the user's encrypted store on this machine, which `sealkit create secret` writes.
///
/// A standard [`Session`](crate::Session) asks it last, in the global scope. Add a provider for another scope to also
/// find the secrets of a domain or a project:
///
/// ```no_run
/// use sealkit::{ErrorKind, LocalStore, Session};
///
/// let store = LocalStore::scoped("development", Some("flytesnacks"))?;
/// let session = Session::new().provider(store);
///
/// let error = LocalStore::scoped("no/domain", None).unwrap_err();
/// assert_eq!(error.kind(), ErrorKind::InvalidName);
/// # Ok::<(), sealkit::Error>(())
/// ```
///
/// The store has no group versions. A request with a group version gets the latest value.
#[derive(Debug, Default)]
pub struct LocalStore {
    scope: Scope,
    /// Opened by the first read.
    store: OnceCell<Store>,
}

impl LocalStore {
    /// Creates a provider for the global scope.
    pub fn new() -> Self {
        Self::default()
    }

    /// Creates a provider for a domain, or for a project in a domain.
    ///
    /// A secret is looked up in the project first, then in the domain, then in the global scope.
    ///
    /// # Errors
    ///
    /// Returns an error of kind [`ErrorKind::InvalidName`] if a name is not valid.
    pub fn scoped(domain: &str, project: Option<&str>) -> Result<Self> {
        let scope = Scope::new(Some(domain), project).map_err(|error| store_error(&error))?;
        Ok(Self { scope, store: OnceCell::new() })
    }

    /// Returns the open store, or `None` if there is no store or no home directory.
    fn store(&self) -> Result<Option<&Store>> {
        if let Some(store) = self.store.get() {
            return Ok(Some(store));
        }
        let Ok(paths) = StorePaths::for_user() else { return Ok(None) };
        let store = Store::open(&paths).map_err(|error| store_error(&error))?;
        Ok(store.map(|store| self.store.get_or_init(|| store)))
    }
}

impl Provider for LocalStore {
    fn name(&self) -> String {
        let paths = StorePaths::for_user();
        let path = paths.as_ref().map_or(Path::new("~"), StorePaths::directory);
        format!("the store {}{}", path.display(), self.scope)
    }

    fn lookup(&self, secret: &Secret) -> Result<Option<ProvidedValue>> {
        let request = secret.request();
        let Some(store) = self.store()? else { return Ok(None) };
        let stored =
            store.find(&self.scope, request.group, request.key).map_err(|error| store_error(&error))?;
        Ok(stored.map(|mut stored| {
            let value = std::mem::take(&mut *stored.value);
            SecretBytes::new(value.into_vec()).into()
        }))
    }

    fn create_command(&self, secret: &Secret) -> Option<String> {
        let request = secret.request();
        let id = SecretId::new(self.scope.clone(), request.group, request.key).ok()?;
        let store = self.store().ok().flatten();
        let plain = || id.create_command(request.mount);
        Some(store.map_or_else(plain, |store| store.create_command(&id, request.mount)))
    }
}

fn store_error(error: &sealkit_store::Error) -> Error {
    let kind = match error.kind() {
        sealkit_store::ErrorKind::InvalidName => ErrorKind::InvalidName,
        _ => ErrorKind::Provider,
    };
    let converted = Error::new(kind, error.to_string());
    match error.hint() {
        Some(hint) => converted.with_hint(hint),
        None => converted,
    }
}
