//! The inputs of a task from a file: `sealkit run --inputs-file`.

use std::{
    ffi::OsString,
    fs,
    io::{self, Read as _},
    path::Path,
};

use serde_json::{Map, Value};

use crate::error::CommandError;

/// Reads a JSON or YAML file, or standard input for `-`, and returns its inputs as arguments of a task.
pub(crate) fn arguments(path: &Path) -> Result<Vec<OsString>, CommandError> {
    let name = sealkit_names::escape(&path.display().to_string());
    let text = if path == Path::new("-") {
        let mut text = String::new();
        io::stdin().read_to_string(&mut text).map(|_| text)
    } else {
        fs::read_to_string(path)
    };
    let text = text.map_err(|error| {
        CommandError::usage(format!("cannot read the inputs `{name}`: {}", sealkit_names::io_reason(&error)))
    })?;
    // JSON is YAML, too.
    let inputs: Map<String, Value> = yaml_serde::from_str(&text).map_err(|error| {
        // Only the position: the text of the error may show an input.
        let position = error.location().map(|at| format!(": line {}, column {}", at.line(), at.column()));
        CommandError::usage(format!(
            "the inputs `{name}` are no map of JSON or YAML{}",
            position.unwrap_or_default()
        ))
        .with_hint("write one input per line: NAME: VALUE")
    })?;
    Ok(inputs.into_iter().filter_map(|(name, value)| argument(&name, value)).collect())
}

/// Returns the argument of an input; `None` for `null`, which is an input that is left out.
fn argument(name: &str, value: Value) -> Option<OsString> {
    let value = match value {
        Value::Null => return None,
        // `@` begins the name of a file, and is written twice for text.
        Value::String(text) if text.starts_with('@') => format!("@{text}"),
        Value::String(text) => text,
        other => other.to_string(),
    };
    Some(format!("--{name}={value}").into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Result<Vec<String>, String> {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), text).unwrap();
        let arguments = arguments(file.path()).map_err(|error| error.message().to_owned())?;
        Ok(arguments.into_iter().map(|argument| argument.into_string().unwrap()).collect())
    }

    #[test]
    fn json_and_yaml_have_the_same_inputs() {
        let expected =
            ["--flag=true", "--list=[1,\"a\"]", "--n=5", "--text=@@home"].map(str::to_owned).to_vec();
        let json = r#"{"flag": true, "list": [1, "a"], "n": 5, "nothing": null, "text": "@home"}"#;
        assert_eq!(of(json), Ok(expected.clone()));
        assert_eq!(of("flag: true\nlist: [1, a]\nn: 5\nnothing:\ntext: \"@home\"\n"), Ok(expected));
    }

    #[test]
    fn other_files_are_errors_without_their_content() {
        for text in ["Zx81", "- Zx81", "{\"Zx81\": ", "a: {Zx81"] {
            let error = of(text).unwrap_err();
            assert!(error.contains("are no map of JSON or YAML") && !error.contains("Zx81"), "{error}");
        }
    }
}
