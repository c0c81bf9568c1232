//! `sealkit run --outputs`: the files of the output of a run, which are removed with the run.

use std::{
    collections::BTreeSet,
    fs, io,
    path::{Path, PathBuf},
};

use serde_json::Value;

use crate::{error::CommandError, terminal};

/// Copies the files of an output into the directory `to`, and returns the output with the paths of the copies. Without such a directory,
/// it says that the files are removed.
///
/// `output` is JSON, and `data` the directory of the files that tasks have stored.
pub(crate) fn deliver(
    output: String,
    data: Option<&Path>,
    to: Option<&Path>,
) -> Result<String, CommandError> {
    let mut files = Vec::new();
    if let Some(data) = data.and_then(Path::to_str) {
        let value = serde_json::from_str(&output).unwrap_or_default();
        find(&value, &format!("{data}/"), &mut files);
    }
    let Some(to) = to else {
        if !files.is_empty() {
            terminal::note("the files of the output are removed with the run; keep them: --outputs DIR");
        }
        return Ok(output);
    };
    let to = fs::canonicalize(to).map_err(|error| cannot_copy(to, &error))?;
    let (mut names, mut delivered) = (BTreeSet::new(), output);
    for file in files {
        let copy =
            to.join(new_name(&file, &mut names, |name| cannot_replace(&to.join(name), Path::new(&file))));
        copy_all(Path::new(&file), &copy).map_err(|error| cannot_copy(&copy, &error))?;
        let [from, to] =
            [file, copy.to_string_lossy().into_owned()].map(|path| Value::from(path).to_string());
        delivered = delivered.replace(&from, &to);
    }
    Ok(delivered)
}

/// Creates the directory for the files of an output, before the run.
pub(crate) fn create_directory(to: &Path) -> Result<(), CommandError> {
    let created = fs::create_dir_all(to).and_then(|()| tempfile::tempfile_in(to));
    created.map(drop).map_err(|error| {
        let (path, reason) = (to.display(), sealkit_names::io_reason(&error));
        CommandError::failure(format!("cannot write the files of the output to `{path}`: {reason}"))
            .with_hint("choose another directory: --outputs DIR")
    })
}

fn cannot_copy(path: &Path, error: &io::Error) -> CommandError {
    let (path, reason) = (path.display(), sealkit_names::io_reason(error));
    CommandError::failure(format!("cannot copy the files of the output to `{path}`: {reason}"))
}

/// Returns whether `source` cannot replace what exists at `target`: only a file replaces a file.
fn cannot_replace(target: &Path, source: &Path) -> bool {
    let is_directory = |metadata: fs::Metadata| metadata.is_dir();
    fs::symlink_metadata(target)
        .is_ok_and(|existing| is_directory(existing) || fs::metadata(source).is_ok_and(is_directory))
}

/// Adds the paths in `value` that begin with `prefix`, each once.
fn find(value: &Value, prefix: &str, files: &mut Vec<String>) {
    match value {
        Value::String(path) if path.starts_with(prefix) && !files.contains(path) => files.push(path.clone()),
        Value::Array(items) => items.iter().for_each(|item| find(item, prefix, files)),
        Value::Object(entries) => entries.values().for_each(|item| find(item, prefix, files)),
        _ => {}
    }
}

/// Returns the name of a file, with a number if another file of the output has it, or if it `is_taken`.
fn new_name(file: &str, names: &mut BTreeSet<String>, is_taken: impl Fn(&str) -> bool) -> String {
    let name = file.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    let (stem, extension) = match name.rfind('.') {
        Some(dot) if dot > 0 => name.split_at(dot),
        _ => (name, ""),
    };
    let numbered = (2..).map(|number| format!("{stem}-{number}{extension}"));
    let mut candidates = std::iter::once(name.to_owned()).chain(numbered);
    let name = candidates.find(|name| !names.contains(name) && !is_taken(name));
    let name = name.unwrap_or_default();
    names.insert(name.clone());
    name
}

/// Copies a file, or a directory with all files in it. A file of the same name is replaced, a directory is not.
fn copy_all(from: &Path, to: &Path) -> io::Result<()> {
    if !fs::metadata(from)?.is_dir() {
        return copy(from, to);
    }
    fs::create_dir(to)?;
    let mut directories = vec![(from.to_owned(), to.to_owned())];
    while let Some((from, to)) = directories.pop() {
        for entry in fs::read_dir(from)? {
            let entry = entry?;
            let (from, to): (PathBuf, PathBuf) = (entry.path(), to.join(entry.file_name()));
            if entry.file_type()?.is_dir() {
                fs::create_dir(&to)?;
                directories.push((from, to));
            } else {
                copy(&from, &to)?;
            }
        }
    }
    Ok(())
}

/// Copies a file so that `to` never has a part of it.
fn copy(from: &Path, to: &Path) -> io::Result<()> {
    let directory = to.parent().unwrap_or(Path::new("/"));
    let mut builder = tempfile::Builder::new();
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let mut copy = builder.tempfile_in(directory)?;
    io::copy(&mut fs::File::open(from)?, copy.as_file_mut())?;
    copy.persist(to).map_err(|error| error.error)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_one_name_get_numbers() {
        let mut names = BTreeSet::new();
        let mut name = |file| new_name(file, &mut names, |name| name == "taken");
        assert_eq!(
            ["/1/rows.csv", "/2/rows.csv", "/3/rows.csv"].map(&mut name),
            ["rows.csv", "rows-2.csv", "rows-3.csv"]
        );
        assert_eq!(
            ["/1/.env", "/2/.env", "/1/report/", "/2/report"].map(&mut name),
            [".env", ".env-2", "report", "report-2"]
        );
        assert_eq!(name("/1/taken"), "taken-2");
    }
}
