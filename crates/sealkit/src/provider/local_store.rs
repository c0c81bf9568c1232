//! The secrets that `sealkit create secret` has stored on this machine.

use std::path::Path;

use once_cell::sync::OnceCell;
use sealkit_store::{Scope, SecretId, Store, StorePaths};

use super::{Found, Provider};
use crate::{
    MountType, Result, Secret, SecretBytes,
    error::{Error, ErrorKind},
};

/// The user's encrypted store on this machine, which `sealkit create secret` fills.
///
/// A standard [`Session`](crate::Session) asks it last, for secrets that are valid everywhere. Those of a domain or a
/// project are found by a provider for that scope, and then those around it:
///
/// ```no_run
/// use sealkit::{LocalStore, Session};
///
/// let store = LocalStore::scoped("development", Some("flytesnacks")).unwrap();
/// let session = Session::new().provider(store);
///
/// let error = LocalStore::scoped("no/domain", None).unwrap_err();
/// assert_eq!(error.kind(), sealkit::ErrorKind::InvalidName);
/// ```
///
/// The store has no group versions: a request with one gets the newest value.
#[derive(Debug, Default)]
pub struct LocalStore {
    scope: Scope,
    /// Opened by the first read that finds it.
    store: OnceCell<Store>,
}

impl LocalStore {
    /// The secrets that are valid everywhere.
    pub fn new() -> Self {
        Self::default()
    }

    /// The secrets of a domain, or of a project of it, and those that are valid around it.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidName`].
    pub fn scoped(domain: &str, project: Option<&str>) -> Result<Self> {
        let scope = Scope::new(Some(domain), project).map_err(|error| broken(&error))?;
        Ok(Self { scope, store: OnceCell::new() })
    }

    /// The open store, `None` if there is none: somebody without a home directory has no store either.
    fn store(&self) -> Result<Option<&Store>> {
        if let Some(store) = self.store.get() {
            return Ok(Some(store));
        }
        let Ok(place) = StorePaths::for_user() else { return Ok(None) };
        let store = Store::open(&place).map_err(|error| broken(&error))?;
        Ok(store.map(|store| self.store.get_or_init(|| store)))
    }
}

impl Provider for LocalStore {
    fn name(&self) -> String {
        let place = StorePaths::for_user();
        let path = place.as_ref().map_or(Path::new("~"), StorePaths::directory);
        format!("the store {}{}", path.display(), self.scope)
    }

    fn lookup(&self, secret: &Secret) -> Result<Option<Found>> {
        let request = secret.request();
        let Some(store) = self.store()? else { return Ok(None) };
        let stored = store.find(&self.scope, request.group, request.key).map_err(|error| broken(&error))?;
        Ok(stored.map(|mut stored| {
            let value = std::mem::take(&mut *stored.value);
            SecretBytes::new(value.into_vec()).into()
        }))
    }

    fn remedy(&self, secret: &Secret) -> Option<String> {
        let request = secret.request();
        let id = SecretId::new(self.scope.clone(), request.group, request.key).ok()?;
        // What is requested as a file most likely is one.
        let from = if request.mount == MountType::File { "-f PATH " } else { "" };
        Some(format!("sealkit create secret {from}{}", id.arguments()))
    }
}

fn broken(error: &sealkit_store::Error) -> Error {
    let kind = match error.kind() {
        sealkit_store::ErrorKind::InvalidName => ErrorKind::InvalidName,
        _ => ErrorKind::Provider,
    };
    let ours = Error::new(kind, error.to_string());
    match error.hint() {
        Some(hint) => ours.with_hint(hint),
        None => ours,
    }
}
