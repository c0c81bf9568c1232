//! Looks up environment variables. Empty variables count as unset.

use std::{ffi::OsString, path::PathBuf};

use super::values::parse_flag;
use crate::error::{Error, ErrorKind, Result};

/// The variables that name a configuration file, in order of precedence.
pub(super) const CONFIG_FILES: [&str; 4] =
    ["UCTL_CONFIG", "FLYTECTL_CONFIG", "UNION_CONFIG", "UNIONAI_CONFIG"];
/// The variables that contain an API key outside of a cluster, in order of precedence.
pub(super) const API_KEYS: [&str; 4] =
    ["FLYTE_API_KEY", "UNION_API_KEY", "UNION_SERVERLESS_API_KEY", "UNIONAI_SERVERLESS_API_KEY"];

/// The variables that contain the authentication type, in order of precedence.
pub(super) const AUTH_TYPE: [&str; 3] =
    ["FLYTE_AUTH_TYPE", "FLYTE_ADMIN_AUTHTYPE", "FLYTE_CREDENTIALS_AUTH_MODE"];
/// The variables that contain the organization, in order of precedence.
pub(super) const ORG: [&str; 2] = ["FLYTE_TASK_ORG", "FLYTE_LOCAL_ORG"];
/// The variable that contains the registry for images of programs.
pub(super) const REGISTRY: [&str; 1] = ["FLYTE_IMAGE_REGISTRY"];
/// The variable that contains the image for uploaded programs.
pub(super) const BASE_IMAGE: [&str; 1] = ["SEALKIT_BASE_IMAGE"];
/// The variables that contain the project of runs, in order of precedence.
pub(super) const PROJECT: [&str; 2] = ["FLYTE_TASK_PROJECT", "FLYTE_LOCAL_PROJECT"];
/// The variables that contain the domain of runs, in order of precedence.
pub(super) const DOMAIN: [&str; 2] = ["FLYTE_TASK_DOMAIN", "FLYTE_LOCAL_DOMAIN"];

/// The environment variables, behind a lookup function.
#[derive(Clone, Copy)]
pub(super) struct Variables<'a>(pub(super) &'a dyn Fn(&str) -> Option<OsString>);

impl Variables<'_> {
    /// Returns the name and value of the first of `names` that is set.
    pub(super) fn first<'n>(self, names: &[&'n str]) -> Result<Option<(&'n str, String)>> {
        for &name in names {
            let Some(value) = (self.0)(name).filter(|value| !value.is_empty()) else { continue };
            return match value.into_string() {
                Ok(value) => Ok(Some((name, value))),
                Err(_) => Err(Error::new(ErrorKind::Config, format!("the value of `{name}` is not UTF-8"))),
            };
        }
        Ok(None)
    }

    /// Returns the value of the first of `names` that is set.
    pub(super) fn text(self, names: &[&str]) -> Result<Option<String>> {
        Ok(self.first(names)?.map(|(_, value)| value))
    }

    /// Returns the value of the first of `names` that is set as a flag.
    pub(super) fn flag(self, names: &[&str]) -> Result<Option<bool>> {
        let Some((name, value)) = self.first(names)? else { return Ok(None) };
        parse_flag(&value).map(Some).ok_or_else(|| {
            Error::new(ErrorKind::Config, format!("invalid value of `{name}`: expected `true` or `false`"))
        })
    }

    /// Returns the value of `name` as a path.
    pub(super) fn path(self, name: &str) -> Option<PathBuf> {
        (self.0)(name).filter(|value| !value.is_empty()).map(PathBuf::from)
    }
}
