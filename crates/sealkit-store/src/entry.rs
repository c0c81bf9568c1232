//! One version of a secret, as far as it is known without its value.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::{Scope, SecretId, format};

/// What a secret is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SecretType {
    /// Anything that a task reads.
    #[default]
    Generic,
    /// The credentials of a container registry.
    ImagePull,
}

impl SecretType {
    /// `generic` or `image_pull`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Generic => "generic",
            Self::ImagePull => "image_pull",
        }
    }
}

/// One version of a secret, as far as it is known without its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Which secret.
    pub id: SecretId,
    /// 1 for the first version; it grows by one with each change, deletion included.
    pub version: u64,
    /// When this version was written, to the millisecond.
    pub created: SystemTime,
    /// What the secret is for; `None` if this version says that the secret was deleted.
    pub r#type: Option<SecretType>,
}

/// The facts of a version that its file's name tells; the record itself tells and seals them again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Facts {
    pub(crate) version: u64,
    /// Milliseconds since 1970.
    pub(crate) created: u64,
    /// `None`: deleted.
    pub(crate) r#type: Option<SecretType>,
}

impl Facts {
    pub(crate) fn now(version: u64, r#type: Option<SecretType>) -> Self {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let created = u64::try_from(since.as_millis()).unwrap_or(0).min(LATEST);
        Self { version, created, r#type }
    }

    pub(crate) fn of(self, id: SecretId) -> Entry {
        let created = UNIX_EPOCH + Duration::from_millis(self.created);
        Entry { id, version: self.version, created, r#type: self.r#type }
    }

    fn word(self) -> &'static str {
        self.r#type.map_or("deleted", SecretType::as_str)
    }
}

/// The end of the year 9999, in milliseconds: later times are nobody's.
pub(crate) const LATEST: u64 = 253_402_300_799_999;

/// The name of a record's file: `k.GROUP.KEY.VERSION.CREATED.TYPE`, the group empty if there is none.
///
/// No part can hold a dot, so the name splits in one way only. The leading `k` keeps device names of other systems
/// (`con`, `nul`) from being the beginning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FileName<'a> {
    pub(crate) group: Option<&'a str>,
    pub(crate) key: &'a str,
    pub(crate) facts: Facts,
}

impl<'a> FileName<'a> {
    pub(crate) fn parse(name: &'a str) -> Option<Self> {
        let mut parts = name.strip_prefix("k.")?.split('.');
        let mut part = || parts.next();
        let (group, key, version, created, word) = (part()?, part()?, part()?, part()?, part()?);
        if parts.next().is_some() || key.is_empty() {
            return None;
        }
        let r#type = match word {
            "generic" => Some(SecretType::Generic),
            "image_pull" => Some(SecretType::ImagePull),
            "deleted" => None,
            _ => return None,
        };
        let facts = Facts { version: format::number(version)?, created: format::number(created)?, r#type };
        let sensible = facts.version > 0 && facts.created <= LATEST;
        sensible.then_some(Self { group: Some(group).filter(|group| !group.is_empty()), key, facts })
    }

    pub(crate) fn write(id: &SecretId, facts: Facts) -> String {
        let Facts { version, created, .. } = facts;
        format!("{}{version}.{created}.{}", Self::start(id), facts.word())
    }

    /// How the names of all versions of `id` begin.
    pub(crate) fn start(id: &SecretId) -> String {
        format!("k.{}.{}.", id.group().unwrap_or_default(), id.key())
    }

    /// Whether this is a version of `id`.
    pub(crate) fn is(&self, id: &SecretId) -> bool {
        self.key == id.key() && self.group == id.group()
    }

    /// Whether this is another secret than `id`, but not for a reader who ignores case.
    pub(crate) fn clashes(&self, id: &SecretId) -> bool {
        let (group, other) = (self.group.unwrap_or_default(), id.group().unwrap_or_default());
        !self.is(id) && self.key.eq_ignore_ascii_case(id.key()) && group.eq_ignore_ascii_case(other)
    }

    /// The whole identity; `None` if the names are no names.
    pub(crate) fn id(&self, scope: &Scope) -> Option<SecretId> {
        SecretId::new(scope.clone(), self.group, self.key).ok()
    }
}

/// How many folders the secrets of a scope are spread over.
pub(crate) const SHARDS: u8 = 64;

/// The folder of a secret within its scope, two hexadecimal digits: finding one secret must not mean listing them all.
///
/// Names that differ in case only share a folder, so that one can be refused when the other is there.
pub(crate) fn shard(id: &SecretId) -> String {
    let group = id.group().unwrap_or_default().bytes();
    let name = group.chain(*b"/").chain(id.key().bytes());
    // FNV-1a: the spread is what counts, and the function is written down in one line.
    let hash = name.fold(0x811c_9dc5_u32, |hash, byte| {
        (hash ^ u32::from(byte.to_ascii_lowercase())).wrapping_mul(0x0100_0193)
    });
    format!("{:02x}", (hash ^ (hash >> 16)) % u32::from(SHARDS))
}

/// The newest version of each secret among `names`; of two versions the higher one.
pub(crate) fn newest(names: &[String]) -> Vec<FileName<'_>> {
    let mut found: Vec<FileName<'_>> = names.iter().filter_map(|name| FileName::parse(name)).collect();
    found.sort_unstable_by(|a, b| {
        (a.group, a.key).cmp(&(b.group, b.key)).then(b.facts.version.cmp(&a.facts.version))
    });
    found.dedup_by(|later, first| (later.group, later.key) == (first.group, first.key));
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(group: Option<&str>, key: &str) -> SecretId {
        SecretId::new(Scope::Global, group, key).unwrap()
    }

    #[test]
    fn names_of_files_are_read_as_they_were_written() {
        for (group, key, r#type) in [
            (None, "my_secret", Some(SecretType::Generic)),
            (Some("_"), "K-1", Some(SecretType::ImagePull)),
            (Some("Db"), "_", None),
        ] {
            let id = id(group, key);
            let facts = Facts { version: 3, created: 1_764_000_000_123, r#type };
            let name = FileName::write(&id, facts);
            let read = FileName::parse(&name).unwrap();
            assert!(read.is(&id) && !read.clashes(&id));
            assert_eq!(read.facts, facts);
            assert_eq!(read.id(&Scope::Global), Some(id));
        }
    }

    #[test]
    fn other_names_are_no_records() {
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
    fn names_that_differ_in_case_share_a_folder_and_clash() {
        assert_eq!(shard(&id(Some("G"), "My-Key")), shard(&id(Some("g"), "my-key")));
        let name = FileName::write(&id(None, "my-key"), Facts::now(1, None));
        let name = FileName::parse(&name).unwrap();
        assert!(name.clashes(&id(None, "My-Key")));
        assert!(!name.clashes(&id(None, "my_key")) && !name.clashes(&id(Some("g"), "my-key")));
    }

    #[test]
    fn folders_are_filled_evenly() {
        let mut counts = [0_u32; SHARDS as usize];
        for n in 0..6_400 {
            let shard = shard(&id(None, &format!("secret-{n}")));
            counts[usize::from_str_radix(&shard, 16).unwrap()] += 1;
        }
        assert!(counts.iter().all(|count| (50..200).contains(count)), "{counts:?}");
    }

    #[test]
    fn of_two_versions_the_higher_number_is_the_newer() {
        let names = ["k..a.9.5.generic", "k..a.10.4.deleted", "k.g.a.2.9.generic", "junk"].map(str::to_owned);
        let versions: Vec<(Option<&str>, u64)> =
            newest(&names).iter().map(|name| (name.group, name.facts.version)).collect();
        assert_eq!(versions, [(None, 10), (Some("g"), 2)]);
    }
}
