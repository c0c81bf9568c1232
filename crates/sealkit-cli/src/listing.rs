//! The output of lists, such as that of `get secret`.

use std::borrow::Cow;

use serde::Serialize;

use crate::{arguments::OutputArgument, error::CommandError, table, terminal};

/// A row of a list; it serializes to its JSON.
pub(crate) trait Row: Serialize {
    /// The titles of the columns.
    const TITLES: &'static [&'static str];

    /// Returns the name for `-o name`.
    fn name(&self) -> String;

    /// Returns the cells of the table.
    fn cells(&self) -> Vec<Cow<'_, str>>;
}

/// Prints rows in the format `output`. In place of an empty table, prints the status `empty` and a hint.
pub(crate) fn print<R: Row>(
    rows: &[R],
    output: OutputArgument,
    empty: &str,
    hint: &str,
) -> Result<(), CommandError> {
    match output {
        OutputArgument::Table if rows.is_empty() => {
            terminal::status(empty);
            terminal::hint(hint);
            Ok(())
        }
        OutputArgument::Table => terminal::print(&table(rows, terminal::width())),
        OutputArgument::Name => {
            terminal::print(&rows.iter().map(|row| row.name() + "\n").collect::<String>())
        }
        OutputArgument::Json => terminal::print_json(&rows),
    }
}

/// Returns rows as a table.
pub(crate) fn table<R: Row>(rows: &[R], width: Option<usize>) -> String {
    let cells: Vec<Vec<Cow<'_, str>>> = rows.iter().map(Row::cells).collect();
    table::columns(R::TITLES, &cells, width)
}
