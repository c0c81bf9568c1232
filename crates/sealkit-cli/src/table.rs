//! Columns for people.

use std::{borrow::Cow, fmt::Write as _, iter};

use clap::builder::styling::Style;

/// Columns, without those that are empty; cut where a terminal of `width` columns ends.
pub(crate) fn columns<'a, const N: usize>(
    titles: [&'static str; N],
    rows: impl Iterator<Item = [Cow<'a, str>; N]> + Clone,
    width: Option<usize>,
) -> String {
    let mut widths = [0; N];
    for row in rows.clone() {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = length(&cell).max(*width);
        }
    }
    for (width, title) in widths.iter_mut().zip(titles).filter(|(width, _)| **width > 0) {
        *width = title.len().max(*width);
    }
    if let Some(width) = width {
        let gaps = widths.iter().filter(|width| **width > 0).count().saturating_sub(1);
        fit(&mut widths, width.saturating_sub(2 * gaps));
    }
    // Escape sequences are left out where they are not understood.
    let bold = Style::new().bold();
    let mut text = bold.render().to_string();
    push(&mut text, &titles.map(Cow::from), widths);
    let _ = writeln!(text, "{bold:#}");
    for row in rows {
        push(&mut text, &row, widths);
        text.push('\n');
    }
    text
}

/// Names are ASCII, unless a server has others.
fn length(cell: &str) -> usize {
    if cell.is_ascii() { cell.len() } else { cell.chars().count() }
}

/// Adds the cells in exactly these widths, with gaps between them.
fn push<const N: usize>(text: &mut String, cells: &[Cow<'_, str>; N], widths: [usize; N]) {
    for (cell, width) in cells.iter().zip(widths).filter(|(_, width)| *width > 0) {
        let length = length(cell);
        if length > width {
            text.extend(cell.chars().take(width - 1));
            text.push('…');
        } else {
            text.push_str(cell);
        }
        text.extend(iter::repeat_n(' ', width.saturating_sub(length) + 2));
    }
    text.truncate(text.trim_end_matches(' ').len());
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
