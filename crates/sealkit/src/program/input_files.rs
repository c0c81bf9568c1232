//! Files and directories of this machine as inputs on the command line.

use std::{env, path::Path};

use crate::{
    Type, Value, ValueError,
    storage::{self, StorageError},
};

/// Replaces the paths of files and directories in `value` by absolute ones. URIs stay as they are.
///
/// # Errors
///
/// Returns an error if there is no such file or directory.
pub(super) fn with_absolute_paths(r#type: Type, value: Value) -> Result<Value, ValueError> {
    match (r#type, value) {
        (Type::Optional(inner), value) => with_absolute_paths(*inner, value),
        (Type::List(inner), Value::List(items)) if inner.has_file() => {
            let item = |(index, item)| with_absolute_paths(*inner, item).map_err(|error| error.at(index));
            let items: Vec<Value> =
                items.into_iter().enumerate().map(item).collect::<Result<_, ValueError>>()?;
            Ok(Value::List(items))
        }
        (Type::Map(inner), Value::Map(entries)) if inner.has_file() => {
            let entry = |(key, item): (String, Value)| match with_absolute_paths(*inner, item) {
                Ok(item) => Ok((key, item)),
                Err(error) => Err(error.at(key)),
            };
            entries.into_iter().map(entry).collect::<Result<_, _>>().map(Value::Map)
        }
        (Type::File(_), Value::String(path)) if is_path(&path) => absolute(&path, false),
        (Type::Dir(_), Value::String(path)) if is_path(&path) => absolute(&path, true),
        (_, value) => Ok(value),
    }
}

fn is_path(uri: &str) -> bool {
    !uri.contains("://")
}

fn absolute(path: &str, is_dir: bool) -> Result<Value, ValueError> {
    let file = Path::new(path);
    let checked =
        if is_dir { storage::require_directory(file) } else { storage::require_file(file).map(drop) };
    let cannot = |error: StorageError| {
        let advice = advice(path);
        ValueError::new(format!("cannot be `{}`: {}{advice}", sealkit_names::escape(path), error.message))
    };
    checked.map_err(cannot)?;
    let absolute = std::path::absolute(file).map_err(|error| cannot(error.into()))?;
    Ok(Value::String(absolute.to_string_lossy().into_owned()))
}

/// Returns what may be wrong with a path that does not exist.
fn advice(path: &str) -> String {
    if path.starts_with('~') {
        return "; the shell has not expanded `~`: write `$HOME` instead".to_owned();
    }
    let is_missing = Path::new(path).is_relative() && !Path::new(path).exists();
    let directory = env::current_dir().ok().filter(|_| is_missing);
    directory.map(|directory| format!(" in `{}`", directory.display())).unwrap_or_default()
}
