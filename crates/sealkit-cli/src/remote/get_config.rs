//! `get config`: show which configuration is in effect, and where it comes from.

use std::{
    borrow::Cow,
    collections::BTreeMap,
    env,
    fmt::Write as _,
    path::{Path, PathBuf},
};

use sealkit_remote::{Config, ConfigReport, SettingReport, sanitize};
use serde::Serialize;

use super::{current_directory, overrides};
use crate::{
    arguments::{ConfigOutput, GetConfig},
    error::CommandError,
    table, terminal,
};

pub(crate) fn get_config(args: &GetConfig) -> Result<(), CommandError> {
    let overrides = overrides(&args.cluster);
    let report = Config::report(&overrides, &|name| env::var_os(name), &current_directory()?)?;
    match args.output {
        ConfigOutput::Table => terminal::print(&text(&report)),
        ConfigOutput::Json => terminal::print_json(&Json::from(&report)),
    }
}

fn text(ConfigReport { searched, file, settings }: &ConfigReport) -> String {
    let cells = |setting: &SettingReport| -> Vec<Cow<'_, str>> {
        let value = setting.value.as_deref().map(sanitize).unwrap_or_default();
        vec![setting.name.into(), value.into(), sanitize(&setting.origin).into()]
    };
    let rows: Vec<_> = settings.iter().map(cells).collect();
    let mut text = table::columns(&["SETTING", "VALUE", "FROM"], &rows, None);
    text.push_str("\nFiles, in the order of the search:\n");
    for path in searched {
        let _ = writeln!(text, "  {}: {}", sanitize(&path.to_string_lossy()), reason(path));
    }
    match file {
        Some(path) => {
            let _ = writeln!(text, "  {}: read", sanitize(&path.to_string_lossy()));
        }
        None => text.push_str("  no file was read\n"),
    }
    text
}

/// Returns why a file was not read.
fn reason(path: &Path) -> &'static str {
    if path.is_file() { "has no settings below `admin` or `task`" } else { "does not exist" }
}

/// The configuration as JSON.
#[derive(Serialize)]
struct Json<'a> {
    file: Option<String>,
    searched: Vec<String>,
    settings: BTreeMap<&'a str, JsonSetting<'a>>,
}

#[derive(Serialize)]
struct JsonSetting<'a> {
    value: Option<&'a str>,
    from: &'a str,
}

impl<'a> From<&'a ConfigReport> for Json<'a> {
    fn from(report: &'a ConfigReport) -> Self {
        let text = |path: &PathBuf| path.to_string_lossy().into_owned();
        let setting = |setting: &'a SettingReport| {
            (setting.name, JsonSetting { value: setting.value.as_deref(), from: &setting.origin })
        };
        Self {
            file: report.file.as_ref().map(text),
            searched: report.searched.iter().map(text).collect(),
            settings: report.settings.iter().map(setting).collect(),
        }
    }
}
