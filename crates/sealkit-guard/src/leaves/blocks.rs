//! What the lines before a line say of it: a field that names the next value, and the block that it is in.

use super::{
    names::{self, Class},
    unquote,
};

/// The names of fields that name the next value, and of these values.
pub(super) const LABELS: [&str; 3] = ["name", "key", "id"];
const VALUES: [&str; 4] = ["value", "val", "string", "stringvalue"];

/// The class of the next value, from the field before it: `name: PASSWORD` before `value: …`.
#[derive(Default)]
pub(super) struct Label(Option<Class>);

impl Label {
    /// Returns the class of a field whose own name says `class`.
    pub(super) fn class(&mut self, name: &str, value: &str, class: Class) -> Class {
        let is = |names: &[&str]| names.iter().any(|known| name.eq_ignore_ascii_case(known));
        if is(&LABELS) {
            let label = names::class(unquote(value).unwrap_or(value));
            // An id beside the name says nothing.
            if label != Class::Neutral || !is(&["id"]) {
                self.0 = Some(label);
            }
            return class;
        }
        if !is(&VALUES) {
            return class;
        }
        self.0.take().filter(|label| *label != Class::Neutral).unwrap_or(class)
    }
}

/// The lines inside of a field, such as a block of YAML.
pub(super) struct Block<'t> {
    pub(super) indent: usize,
    pub(super) class: Class,
    /// The line after the last one, if that is not found by its indent.
    pub(super) end: Option<&'t str>,
}

impl Block<'_> {
    /// Returns whether the next line is in the block, too.
    pub(super) fn contains(&self, line: &str) -> bool {
        match self.end {
            Some(end) => line.trim() != end,
            None => {
                let indent = indent(line);
                indent > self.indent || indent == self.indent && line.trim_start().starts_with("- ")
            }
        }
    }

    /// Returns the only line of the block, which `text` follows after its name.
    pub(super) fn only_line<'s>(&self, text: &'s str) -> Option<&'s str> {
        let mut lines = text.lines().filter(|line| !line.trim().is_empty());
        let first = lines.next().filter(|line| self.contains(line))?;
        lines.next().is_none_or(|line| !self.contains(line)).then_some(first)
    }
}

/// Returns the number of spaces before a line.
pub(super) fn indent(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

/// Returns the class of a block such as `variable "db_password" {`, if its name says that it is secret.
pub(super) fn class_of_block(line: &str) -> Option<Class> {
    let head = line.strip_suffix('{')?.trim_end();
    let name = head.rsplit(char::is_whitespace).next().filter(|_| !head.contains(['=', ':', '(']))?;
    Some(names::class(unquote(name).unwrap_or(name))).filter(|class| class.is_secret())
}
