//! The metadata of secret versions and the file names that encode it.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::{Scope, SecretId, format};

/// The type of a secret.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SecretType {
    /// A secret that tasks read.
    #[default]
    Generic,
    /// Credentials of a container registry, for pulling images.
    ImagePull,
}

impl SecretType {
    /// Returns `generic` or `image_pull`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Generic => "generic",
            Self::ImagePull => "image_pull",
        }
    }
}

/// One version of a secret, without its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The secret.
    pub id: SecretId,
    /// The version number: 1 for the first version, then one more for each change, including a deletion.
    pub version: u64,
    /// The time at which this version was written, with millisecond precision.
    pub created: SystemTime,
    /// The type of the secret, or `None` if this version records its deletion.
    pub r#type: Option<SecretType>,
}

/// The metadata of a version, which both its file name and its record contain. The record authenticates it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Metadata {
    pub(crate) version: u64,
    /// The creation time in milliseconds since 1970.
    pub(crate) created: u64,
    /// `None` if the version records a deletion.
    pub(crate) r#type: Option<SecretType>,
}

impl Metadata {
    pub(crate) fn now(version: u64, r#type: Option<SecretType>) -> Self {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let created = u64::try_from(since.as_millis()).unwrap_or(0).min(CREATED_MAX);
        Self { version, created, r#type }
    }

    pub(crate) fn into_entry(self, id: SecretId) -> Entry {
        let created = UNIX_EPOCH + Duration::from_millis(self.created);
        Entry { id, version: self.version, created, r#type: self.r#type }
    }

    fn type_name(self) -> &'static str {
        self.r#type.map_or("deleted", SecretType::as_str)
    }
}

/// The end of the year 9999 in milliseconds, the latest valid creation time.
pub(crate) const CREATED_MAX: u64 = 253_402_300_799_999;

/// The file name of a record: `k.GROUP.KEY.VERSION.CREATED.TYPE`. The group may be empty.
///
/// No part can contain a dot, so the name can be split unambiguously. The prefix `k` prevents names that start like a
/// Windows device (`con`, `nul`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FileName<'a> {
    pub(crate) group: Option<&'a str>,
    pub(crate) key: &'a str,
    pub(crate) metadata: Metadata,
}

impl<'a> FileName<'a> {
    pub(crate) fn parse(name: &'a str) -> Option<Self> {
        let mut parts = name.strip_prefix("k.")?.split('.');
        let mut part = || parts.next();
        let (group, key, version, created, type_name) = (part()?, part()?, part()?, part()?, part()?);
        if parts.next().is_some() || key.is_empty() {
            return None;
        }
        let r#type = match type_name {
            "generic" => Some(SecretType::Generic),
            "image_pull" => Some(SecretType::ImagePull),
            "deleted" => None,
            _ => return None,
        };
        let metadata = Metadata {
            version: format::parse_number(version)?,
            created: format::parse_number(created)?,
            r#type,
        };
        let is_valid = metadata.version > 0 && metadata.created <= CREATED_MAX;
        is_valid.then_some(Self { group: Some(group).filter(|group| !group.is_empty()), key, metadata })
    }

    pub(crate) fn format(id: &SecretId, metadata: Metadata) -> String {
        let Metadata { version, created, .. } = metadata;
        format!("{}{version}.{created}.{}", Self::prefix(id), metadata.type_name())
    }

    /// Returns the prefix of the file names of all versions of `id`.
    pub(crate) fn prefix(id: &SecretId) -> String {
        format!("k.{}.{}.", id.group().unwrap_or_default(), id.key())
    }

    /// Returns whether this file is a version of `id`.
    pub(crate) fn is_version_of(&self, id: &SecretId) -> bool {
        self.key == id.key() && self.group == id.group()
    }

    /// Returns whether this file belongs to a secret whose name differs from `id` only in case.
    pub(crate) fn differs_only_in_case(&self, id: &SecretId) -> bool {
        let (group, other) = (self.group.unwrap_or_default(), id.group().unwrap_or_default());
        !self.is_version_of(id)
            && self.key.eq_ignore_ascii_case(id.key())
            && group.eq_ignore_ascii_case(other)
    }

    /// Returns the identifier of the secret, or `None` if its group or key is invalid.
    pub(crate) fn id(&self, scope: &Scope) -> Option<SecretId> {
        SecretId::new(scope.clone(), self.group, self.key).ok()
    }
}

/// The number of shard directories in each scope.
pub(crate) const SHARDS: u8 = 64;

/// Returns the name of a secret's shard directory within its scope: two hexadecimal digits.
///
/// With shards, a lookup lists only a part of the scope. Names that differ only in case share a shard, so that `create`
/// can detect such a name.
pub(crate) fn shard(id: &SecretId) -> String {
    let group = id.group().unwrap_or_default().bytes();
    let name = group.chain(*b"/").chain(id.key().bytes());
    // FNV-1a: only an even distribution matters, and other implementations can reproduce it in one line.
    let hash = name.fold(0x811c_9dc5_u32, |hash, byte| {
        (hash ^ u32::from(byte.to_ascii_lowercase())).wrapping_mul(0x0100_0193)
    });
    format!("{:02x}", (hash ^ (hash >> 16)) % u32::from(SHARDS))
}

/// Returns the latest version of each secret in `names`.
pub(crate) fn latest(names: &[String]) -> Vec<FileName<'_>> {
    let mut files: Vec<FileName<'_>> = names.iter().filter_map(|name| FileName::parse(name)).collect();
    files.sort_unstable_by(|a, b| {
        (a.group, a.key).cmp(&(b.group, b.key)).then_with(|| {
            let order = |name: &FileName<'_>| (name.metadata.version, name.metadata.created);
            order(b).cmp(&order(a))
        })
    });
    files.dedup_by(|older, latest| (older.group, older.key) == (latest.group, latest.key));
    files
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(group: Option<&str>, key: &str) -> SecretId {
        SecretId::new(Scope::Global, group, key).unwrap()
    }

    #[test]
    fn a_formatted_file_name_parses_to_the_same_parts() {
        for (group, key, r#type) in [
            (None, "my_secret", Some(SecretType::Generic)),
            (Some("_"), "K-1", Some(SecretType::ImagePull)),
            (Some("Db"), "_", None),
        ] {
            let id = id(group, key);
            let metadata = Metadata { version: 3, created: 1_764_000_000_123, r#type };
            let name = FileName::format(&id, metadata);
            let parsed = FileName::parse(&name).unwrap();
            assert!(parsed.is_version_of(&id) && !parsed.differs_only_in_case(&id));
            assert_eq!(parsed.metadata, metadata);
            assert_eq!(parsed.id(&Scope::Global), Some(id));
        }
    }

    #[test]
    fn invalid_file_names_do_not_parse() {
        for name in [
            "",
            "k.",
            "k...1.1.generic",
            "k..a.0.1.generic",
            "k..a.01.1.generic",
            "k..a.+1.1.generic",
            "k..a.1.1.other",
            "k..a.1.1.generic.",
            "k..a.1.1",
            "x..a.1.1.generic",
            "k..a.18446744073709551616.1.generic",
            "k..a.1.253402300800000.generic",
        ] {
            assert_eq!(FileName::parse(name), None, "{name}");
        }
    }

    #[test]
    fn names_that_differ_only_in_case_share_a_shard() {
        assert_eq!(shard(&id(Some("G"), "My-Key")), shard(&id(Some("g"), "my-key")));
        let name = FileName::format(&id(None, "my-key"), Metadata::now(1, None));
        let name = FileName::parse(&name).unwrap();
        assert!(name.differs_only_in_case(&id(None, "My-Key")));
        assert!(
            !name.differs_only_in_case(&id(None, "my_key"))
                && !name.differs_only_in_case(&id(Some("g"), "my-key"))
        );
    }

    #[test]
    fn secrets_are_distributed_evenly_over_the_shards() {
        let mut counts = [0_u32; SHARDS as usize];
        for n in 0..6_400 {
            let shard = shard(&id(None, &format!("secret-{n}")));
            counts[usize::from_str_radix(&shard, 16).unwrap()] += 1;
        }
        assert!(counts.iter().all(|count| (50..200).contains(count)), "{counts:?}");
    }

    #[test]
    fn the_latest_version_has_the_highest_number() {
        let names = ["k..a.9.5.generic", "k..a.10.4.deleted", "k.g.a.2.9.generic", "junk"].map(str::to_owned);
        let versions: Vec<(Option<&str>, u64)> =
            latest(&names).iter().map(|name| (name.group, name.metadata.version)).collect();
        assert_eq!(versions, [(None, 10), (Some("g"), 2)]);
    }
}
