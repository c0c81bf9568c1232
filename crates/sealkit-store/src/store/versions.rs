//! The versions of a secret.

use std::cmp::Reverse;

use crate::{
    SecretId,
    entry::{FileName, Metadata},
    error::{Error, ErrorKind, Result},
};

/// Returns the versions of `id` in `names`, the latest first.
pub(super) fn versions(names: &[String], id: &SecretId) -> Vec<Metadata> {
    let files = names.iter().filter_map(|name| FileName::parse(name)).filter(|name| name.is_version_of(id));
    let mut versions: Vec<Metadata> = files.map(|name| name.metadata).collect();
    versions.sort_unstable_by_key(|metadata| Reverse((metadata.version, metadata.created)));
    versions
}

/// Returns the one of `versions` with this number, if there is one.
///
/// There are two if copies of the store were changed on two machines and then merged. Neither is better than the other, unless both
/// record a deletion.
pub(super) fn only_one(id: &SecretId, versions: &[Metadata], version: u64) -> Result<Option<Metadata>> {
    let mut found = versions.iter().filter(|metadata| metadata.version == version);
    let first = found.next().copied();
    let Some(first) = first.filter(|first| found.any(|other| (first.r#type, other.r#type) != (None, None)))
    else {
        return Ok(first);
    };
    let (name, arguments, earlier) = (id, id.arguments(), first.version.saturating_sub(1));
    let message = format!("version {version} of secret {name} has two values: two machines have changed it");
    let restore = versions.iter().any(|metadata| metadata.version == earlier && metadata.r#type.is_some());
    let restore = if restore {
        format!(", or an earlier one: sealkit update secret {arguments} --restore {earlier}")
    } else {
        String::new()
    };
    let hint = format!("store the right value again: sealkit update secret {arguments}{restore}");
    Err(Error::new(ErrorKind::Conflict, message).with_hint(hint))
}
