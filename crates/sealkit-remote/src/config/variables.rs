//! The environment variables that say something; an empty one says nothing.

use std::{ffi::OsString, path::PathBuf};

use super::words::flag;
use crate::error::{Error, ErrorKind, Result};

/// Those who look for a file look in these, in this order.
pub(super) const FILES: [&str; 4] = ["UCTL_CONFIG", "FLYTECTL_CONFIG", "UNION_CONFIG", "UNIONAI_CONFIG"];
/// API keys of people, and of what runs for them outside of a cluster.
pub(super) const API_KEYS: [&str; 4] =
    ["FLYTE_API_KEY", "UNION_API_KEY", "UNION_SERVERLESS_API_KEY", "UNIONAI_SERVERLESS_API_KEY"];

/// The variables, wherever they are.
#[derive(Clone, Copy)]
pub(super) struct Variables<'a>(pub(super) &'a dyn Fn(&str) -> Option<OsString>);

impl Variables<'_> {
    /// The first of `names` that is set, and what it is set to.
    pub(super) fn first<'n>(self, names: &[&'n str]) -> Result<Option<(&'n str, String)>> {
        for &name in names {
            let Some(value) = (self.0)(name).filter(|value| !value.is_empty()) else { continue };
            return match value.into_string() {
                Ok(value) => Ok(Some((name, value))),
                Err(_) => Err(Error::new(ErrorKind::Config, format!("what is in `{name}` is no UTF-8"))),
            };
        }
        Ok(None)
    }

    /// The text in the first of `names` that is set.
    pub(super) fn text(self, names: &[&str]) -> Result<Option<String>> {
        Ok(self.first(names)?.map(|(_, value)| value))
    }

    /// Whether the first of `names` that is set says yes.
    pub(super) fn flag(self, names: &[&str]) -> Result<Option<bool>> {
        let Some((name, value)) = self.first(names)? else { return Ok(None) };
        let known = flag(&value);
        known.map(Some).ok_or_else(|| {
            Error::new(ErrorKind::Config, format!("what is in `{name}` is neither `true` nor `false`"))
        })
    }

    /// The path in `name`.
    pub(super) fn path(self, name: &str) -> Option<PathBuf> {
        (self.0)(name).filter(|value| !value.is_empty()).map(PathBuf::from)
    }
}
