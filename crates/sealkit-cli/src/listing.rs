//! The output of `get secret`.

use std::{borrow::Cow, time::SystemTime};

use humantime::format_rfc3339_seconds;
use sealkit_guard::Strength;
use sealkit_store::{Entry, SecretType};
use serde::{Serialize, Serializer};

use crate::{arguments::OutputArgument, error::CommandError, table, terminal};

/// One version of a secret, with the strength of its value if that was decrypted.
pub(crate) struct ListEntry {
    pub(crate) entry: Entry,
    pub(crate) strength: Option<Strength>,
}

impl From<Entry> for ListEntry {
    fn from(entry: Entry) -> Self {
        Self { entry, strength: None }
    }
}

/// One version of a secret, as a row of the table and as JSON.
#[derive(Serialize)]
struct Row<'a> {
    name: &'a str,
    group: Option<&'a str>,
    domain: Option<&'a str>,
    project: Option<&'a str>,
    r#type: &'a str,
    version: u64,
    #[serde(serialize_with = "rfc3339")]
    created: SystemTime,
    #[serde(skip_serializing_if = "Option::is_none")]
    guard: Option<&'a str>,
}

fn rfc3339<S: Serializer>(time: &SystemTime, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&format_rfc3339_seconds(*time))
}

impl<'a> Row<'a> {
    fn of(ListEntry { entry, strength }: &'a ListEntry) -> Self {
        let scope = entry.id.scope();
        Self {
            name: entry.id.key(),
            group: entry.id.group(),
            domain: scope.domain(),
            project: scope.project(),
            r#type: entry.r#type.map_or("deleted", type_name),
            version: entry.version,
            created: entry.created,
            guard: strength.map(Strength::as_str),
        }
    }
}

/// Returns the value of `--type` for a type.
fn type_name(r#type: SecretType) -> &'static str {
    match r#type {
        SecretType::ImagePull => "image-pull",
        other => other.as_str(),
    }
}

/// Prints `entries` in the format `output`.
pub(crate) fn print(entries: &[ListEntry], output: OutputArgument) -> Result<(), CommandError> {
    match output {
        OutputArgument::Table => terminal::print(&table(entries, terminal::width())),
        OutputArgument::Name => terminal::print(&names(entries)),
        OutputArgument::Json => {
            let mut json = Vec::new();
            let mut serializer = serde_json::Serializer::pretty(&mut json);
            let written = serializer.collect_seq(entries.iter().map(Row::of));
            written.map_err(|error| CommandError::failure(error.to_string()))?;
            json.push(b'\n');
            terminal::print(&String::from_utf8_lossy(&json))
        }
    }
}

fn names(entries: &[ListEntry]) -> String {
    let line = |ListEntry { entry: Entry { id, .. }, .. }: &ListEntry| match id.group() {
        Some(group) => format!("{group}/{}\n", id.key()),
        None => format!("{}\n", id.key()),
    };
    entries.iter().map(line).collect()
}

const TITLES: [&str; 8] = ["NAME", "GROUP", "DOMAIN", "PROJECT", "TYPE", "VERSION", "CREATED", "GUARD"];

fn cells(entry: &ListEntry) -> [Cow<'_, str>; 8] {
    let Row { name, group, domain, project, r#type, version, created, guard } = Row::of(entry);
    [
        name.into(),
        group.unwrap_or_default().into(),
        domain.unwrap_or_default().into(),
        project.unwrap_or_default().into(),
        r#type.into(),
        version.to_string().into(),
        format_rfc3339_seconds(created).to_string().into(),
        guard.unwrap_or_default().into(),
    ]
}

fn table(entries: &[ListEntry], width: Option<usize>) -> String {
    table::columns(TITLES, entries.iter().map(cells), width)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use sealkit_store::{Scope, SecretId};

    use super::*;

    fn entry(name: &str, group: Option<&str>) -> ListEntry {
        let id = SecretId::new(Scope::Global, group, name).unwrap();
        let created = SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_530_600);
        Entry { id, version: 1, created, r#type: Some(SecretType::Generic) }.into()
    }

    fn plain(text: &str) -> String {
        anstream::adapter::strip_str(text).to_string()
    }

    #[test]
    fn empty_columns_are_left_out() {
        let text = plain(&table(&[entry("a", None), entry("my_secret", Some("db"))], None));
        assert_eq!(
            text,
            "NAME       GROUP  TYPE     VERSION  CREATED\n\
             a                 generic  1        2026-11-24T14:30:00Z\n\
             my_secret  db     generic  1        2026-11-24T14:30:00Z\n"
        );
        assert!(!plain(&table(&[entry("a", None)], None)).contains("GROUP"));
    }

    #[test]
    fn a_table_fits_its_terminal() {
        let long = "x".repeat(128);
        for width in [40, 80, 120, 300] {
            let text = plain(&table(&[entry(&long, Some("g")), entry("short", None)], Some(width)));
            assert!(text.lines().all(|line| line.chars().count() <= width), "{width}\n{text}");
            assert_eq!(text.contains('…'), width < 180, "{width}\n{text}");
        }
        assert!(
            plain(&table(&[entry(&long, None)], None)).contains(&long),
            "a table in a pipe is not shortened"
        );
    }
}
