//! How secrets are listed.

use std::fmt::Write as _;

use clap::builder::styling::Style;
use humantime::format_rfc3339_seconds;
use sealkit_store::{Entry, SecretType};
use serde::Serialize;

use crate::{arguments::OutputArgument, fault::Fault, terminal};

/// One version of a secret, as JSON shows it.
#[derive(Serialize)]
struct Row<'a> {
    name: &'a str,
    group: Option<&'a str>,
    domain: Option<&'a str>,
    project: Option<&'a str>,
    r#type: &'a str,
    version: u64,
    created: String,
}

impl<'a> Row<'a> {
    fn of(entry: &'a Entry) -> Self {
        let scope = entry.id.scope();
        Self {
            name: entry.id.key(),
            group: entry.id.group(),
            domain: scope.domain(),
            project: scope.project(),
            r#type: entry.r#type.map_or("deleted", word),
            version: entry.version,
            created: format_rfc3339_seconds(entry.created).to_string(),
        }
    }
}

/// The word of `--type`.
fn word(r#type: SecretType) -> &'static str {
    match r#type {
        SecretType::ImagePull => "image-pull",
        other => other.as_str(),
    }
}

/// Prints `entries` in the form that was asked for.
pub(crate) fn print(entries: &[Entry], output: OutputArgument) -> Result<(), Fault> {
    let rows: Vec<Row<'_>> = entries.iter().map(Row::of).collect();
    match output {
        OutputArgument::Table => terminal::data(&table(&rows, terminal::width())),
        OutputArgument::Name => terminal::data(&names(&rows)),
        OutputArgument::Json => {
            let json = serde_json::to_string_pretty(&rows);
            terminal::data(&(json.map_err(|error| Fault::failure(error.to_string()))? + "\n"))
        }
    }
}

fn names(rows: &[Row<'_>]) -> String {
    let line = |row: &Row<'_>| match row.group {
        Some(group) => format!("{group}/{}\n", row.name),
        None => format!("{}\n", row.name),
    };
    rows.iter().map(line).collect()
}

/// Columns, without those that are empty; cut where a terminal of `width` columns ends.
fn table(rows: &[Row<'_>], width: Option<usize>) -> String {
    let columns = [
        column("NAME", rows, |row| row.name.to_owned()),
        column("GROUP", rows, |row| optional(row.group)),
        column("DOMAIN", rows, |row| optional(row.domain)),
        column("PROJECT", rows, |row| optional(row.project)),
        column("TYPE", rows, |row| row.r#type.to_owned()),
        column("VERSION", rows, |row| row.version.to_string()),
        column("CREATED", rows, |row| row.created.clone()),
    ];
    let columns: Vec<Vec<String>> =
        columns.into_iter().filter(|cells| cells[1..].iter().any(|cell| !cell.is_empty())).collect();
    let mut widths: Vec<usize> =
        columns.iter().map(|cells| cells.iter().map(String::len).max().unwrap_or_default()).collect();
    if let Some(width) = width {
        fit(&mut widths, width.saturating_sub(2 * columns.len().saturating_sub(1)));
    }
    let mut text = String::new();
    for line in 0..=rows.len() {
        let cells = columns.iter().zip(&widths).map(|(cells, width)| cut(&cells[line], *width));
        let cells: Vec<String> = cells.collect();
        let line_text = cells.join("  ");
        // Escape sequences are left out where they are not understood.
        let bold = if line == 0 { Style::new().bold() } else { Style::new() };
        let _ = writeln!(text, "{bold}{}{bold:#}", line_text.trim_end());
    }
    text
}

fn column(title: &str, rows: &[Row<'_>], cell: impl Fn(&Row<'_>) -> String) -> Vec<String> {
    [title.to_owned()].into_iter().chain(rows.iter().map(cell)).collect()
}

fn optional(name: Option<&str>) -> String {
    name.unwrap_or_default().to_owned()
}

/// Takes from the widest column until all fit, but leaves something of each.
fn fit(widths: &mut [usize], room: usize) {
    const LEAST: usize = 4;
    while widths.iter().sum::<usize>() > room {
        match widths.iter_mut().max() {
            Some(widest) if *widest > LEAST => *widest -= 1,
            _ => return,
        }
    }
}

/// `text` in exactly `width` columns. All of it is ASCII.
fn cut(text: &str, width: usize) -> String {
    match text.get(..width.saturating_sub(1)) {
        Some(start) if text.len() > width => format!("{start}…"),
        _ => format!("{text:width$}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row<'a>(name: &'a str, group: Option<&'a str>) -> Row<'a> {
        let created = "2026-11-24T14:30:00Z".to_owned();
        Row { name, group, domain: None, project: None, r#type: "generic", version: 1, created }
    }

    fn plain(text: &str) -> String {
        anstream::adapter::strip_str(text).to_string()
    }

    #[test]
    fn empty_columns_are_left_out() {
        let text = plain(&table(&[row("a", None), row("my_secret", Some("db"))], None));
        assert_eq!(
            text,
            "NAME       GROUP  TYPE     VERSION  CREATED\n\
             a                 generic  1        2026-11-24T14:30:00Z\n\
             my_secret  db     generic  1        2026-11-24T14:30:00Z\n"
        );
        assert!(!plain(&table(&[row("a", None)], None)).contains("GROUP"));
    }

    #[test]
    fn a_table_fits_its_terminal() {
        let long = "x".repeat(128);
        for width in [40, 80, 120, 300] {
            let text = plain(&table(&[row(&long, Some("g")), row("short", None)], Some(width)));
            assert!(text.lines().all(|line| line.chars().count() <= width), "{width}\n{text}");
            assert_eq!(text.contains('…'), width < 180, "{width}\n{text}");
        }
        assert!(plain(&table(&[row(&long, None)], None)).contains(&long), "nobody cuts what is piped");
    }
}
