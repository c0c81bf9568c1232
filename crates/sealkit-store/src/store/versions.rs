//! The versions of a secret.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
};

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

/// A name of a secret within its scope: the group and the key.
type Name<'a> = (Option<&'a str>, &'a str);

/// Returns the secrets in `names` whose latest version has two values.
pub(super) fn undecided(names: &[String]) -> BTreeSet<Name<'_>> {
    let mut latest: BTreeMap<Name<'_>, Vec<Metadata>> = BTreeMap::new();
    for FileName { group, key, metadata } in names.iter().filter_map(|name| FileName::parse(name)) {
        let found = latest.entry((group, key)).or_default();
        let known = found.first().map_or(0, |known| known.version);
        if metadata.version > known {
            found.clear();
        }
        if metadata.version >= known {
            found.push(metadata);
        }
    }
    let is_undecided =
        |found: &Vec<Metadata>| found.len() > 1 && found.iter().any(|metadata| metadata.r#type.is_some());
    latest.into_iter().filter(|(_, found)| is_undecided(found)).map(|(name, _)| name).collect()
}

/// Returns an error for a file of the latest version of a secret that is `undecided`. Later versions decide between those of earlier ones.
pub(super) fn check_decided(
    undecided: &BTreeSet<Name<'_>>,
    names: &[String],
    id: &SecretId,
    metadata: Metadata,
) -> Result<()> {
    if !undecided.contains(&(id.group(), id.key())) {
        return Ok(());
    }
    let versions = versions(names, id);
    match versions.first() {
        Some(latest) if latest.version == metadata.version => {
            only_one(id, &versions, latest.version).map(drop)
        }
        _ => Ok(()),
    }
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
