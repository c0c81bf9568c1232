//! Tables of text.

use std::{borrow::Cow, fmt::Write as _, iter};

use clap::builder::styling::Style;

/// Formats rows as a table without its empty columns, and shortens cells to fit it into `width` columns.
pub(crate) fn columns(titles: &[&str], rows: &[Vec<Cow<'_, str>>], width: Option<usize>) -> String {
    let mut widths = vec![0; titles.len()];
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = length(cell).max(*width);
        }
    }
    for (width, title) in widths.iter_mut().zip(titles).filter(|(width, _)| **width > 0) {
        *width = title.len().max(*width);
    }
    if let Some(width) = width {
        let gaps = widths.iter().filter(|width| **width > 0).count().saturating_sub(1);
        fit(&mut widths, width.saturating_sub(2 * gaps));
    }
    // `terminal::print` removes the escape sequences if standard output is not a terminal.
    let bold = Style::new().bold();
    let mut text = bold.render().to_string();
    let cells: Vec<Cow<'_, str>> = titles.iter().map(|title| Cow::from(*title)).collect();
    push(&mut text, &cells, &widths);
    let _ = writeln!(text, "{bold:#}");
    for row in rows {
        push(&mut text, row, &widths);
        text.push('\n');
    }
    text
}

/// Returns the width of a cell; names on a server may contain characters that are not ASCII.
fn length(cell: &str) -> usize {
    if cell.is_ascii() { cell.len() } else { cell.chars().count() }
}

/// Appends the cells, padded or shortened to `widths`, with two spaces in between.
fn push(text: &mut String, cells: &[Cow<'_, str>], widths: &[usize]) {
    for (cell, &width) in cells.iter().zip(widths).filter(|(_, width)| **width > 0) {
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

/// Narrows the widest column until the sum is at most `available`; no column becomes narrower than four characters.
fn fit(widths: &mut [usize], available: usize) {
    const MIN: usize = 4;
    while widths.iter().sum::<usize>() > available {
        match widths.iter_mut().max() {
            Some(widest) if *widest > MIN => *widest -= 1,
            _ => return,
        }
    }
}
