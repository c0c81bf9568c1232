//! Reports which configuration is in effect, and where each setting comes from.

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
};

use super::{
    AuthMethod, Config, ConfigOverrides, discovery,
    file::{BASE_IMAGE_NAME, ConfigFile},
    variables::{API_KEYS, AUTH_TYPE, BASE_IMAGE, DOMAIN, ORG, PROJECT, REGISTRY, Variables},
};
use crate::error::Result;

/// Which configuration is in effect. It contains no secrets.
#[derive(Clone, Debug)]
pub struct ConfigReport {
    /// The files that were searched before the one that was read.
    pub searched: Vec<PathBuf>,
    /// The file that was read.
    pub file: Option<PathBuf>,
    /// The settings, by their names in a file.
    pub settings: Vec<SettingReport>,
}

/// A setting that is in effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingReport {
    /// The name in a file, such as `task.project`.
    pub name: &'static str,
    /// The value. `None` if nothing sets it.
    pub value: Option<String>,
    /// What sets it: an option, a variable, a file or a default.
    pub origin: String,
}

impl Config {
    /// Reads the configuration as [`discover`](Self::discover) does, and reports where each setting comes from.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`discover`](Self::discover).
    pub fn report(
        overrides: &ConfigOverrides,
        variable: &dyn Fn(&str) -> Option<OsString>,
        directory: &Path,
    ) -> Result<ConfigReport> {
        let config = Self::discover(overrides, variable, directory)?;
        let variables = Variables(variable);
        let found = discovery::find(overrides.config.as_deref(), variables, directory)?;
        let sources = Sources { overrides, variables, file: &found.file, path: found.path.as_deref() };
        let setting = |name, value: Option<String>, origin| SettingReport { name, value, origin };
        let text = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        let settings = vec![
            setting("admin.endpoint", Some(config.endpoint.to_string()), config.origin.clone()),
            setting("admin.authType", Some(name(&config.auth).to_owned()), sources.auth(&config)?),
            setting("task.org", text(&config.org), sources.org(&config)?),
            setting("task.project", config.project.clone(), sources.project()?),
            setting("task.domain", config.domain.clone(), sources.domain()?),
            setting("image.registry", config.registry.clone(), sources.registry()?),
            setting("image.image_refs.sealkit", config.base_image.clone(), sources.base_image()?),
        ];
        Ok(ConfigReport { searched: found.searched, file: found.path, settings })
    }
}

/// Returns the name of an authentication method, as `admin.authType` names it.
fn name(auth: &AuthMethod) -> &'static str {
    match auth {
        AuthMethod::None => "none",
        AuthMethod::Pkce => "Pkce",
        AuthMethod::DeviceFlow => "DeviceFlow",
        AuthMethod::ClientSecret { .. } => "ClientSecret",
        AuthMethod::ExternalCommand(_) => "ExternalCommand",
    }
}

/// Everything that may set a setting.
struct Sources<'a> {
    overrides: &'a ConfigOverrides,
    variables: Variables<'a>,
    file: &'a ConfigFile,
    path: Option<&'a Path>,
}

impl Sources<'_> {
    /// Returns the first of the option, the variables and the file that sets something.
    fn first(
        &self,
        option: Option<&str>,
        names: &[&str],
        in_file: Option<&String>,
    ) -> Result<Option<String>> {
        let is_in_file = in_file.is_some_and(|text| !text.is_empty());
        let path = self.path.filter(|_| is_in_file).map(|path| path.display().to_string());
        let variable = self.variables.first(names)?.map(|(name, _)| name.to_owned());
        Ok(option.map(str::to_owned).or(variable).or(path))
    }

    fn project(&self) -> Result<String> {
        let option = self.overrides.project.as_ref().map(|_| "--project");
        let origin = self.first(option, &PROJECT, self.file.task.project.as_ref())?;
        Ok(origin.unwrap_or_else(|| "not set".to_owned()))
    }

    fn domain(&self) -> Result<String> {
        let option = self.overrides.domain.as_ref().map(|_| "--domain");
        let origin = self.first(option, &DOMAIN, self.file.task.domain.as_ref())?;
        Ok(origin.unwrap_or_else(|| "not set".to_owned()))
    }

    fn registry(&self) -> Result<String> {
        let origin = self.first(None, &REGISTRY, self.file.image.registry.as_ref())?;
        Ok(origin.unwrap_or_else(|| "not set".to_owned()))
    }

    fn base_image(&self) -> Result<String> {
        let in_file = self.file.image.image_refs.get(BASE_IMAGE_NAME);
        let origin = self.first(None, &BASE_IMAGE, in_file)?;
        Ok(origin.unwrap_or_else(|| "not set".to_owned()))
    }

    fn org(&self, config: &Config) -> Result<String> {
        if let (None, Some((name, key))) = (&self.overrides.org, self.variables.first(&API_KEYS)?) {
            let key = zeroize::Zeroizing::new(key);
            if super::ApiKey::decode(name, &key)?.org.is_some() {
                return Ok(name.to_owned());
            }
        }
        let option = self.overrides.org.as_ref().map(|_| "--org");
        let origin = self.first(option, &ORG, self.file.task.org.as_ref())?;
        let default = if config.org.is_empty() { "not set" } else { "the host name of the endpoint" };
        Ok(origin.unwrap_or_else(|| default.to_owned()))
    }

    fn auth(&self, config: &Config) -> Result<String> {
        if config.endpoint.insecure {
            return Ok("the endpoint has no TLS".to_owned());
        }
        if let Some((name, _)) = self.variables.first(&API_KEYS)? {
            return Ok(name.to_owned());
        }
        let option = self.overrides.auth_type.as_ref().map(|_| "--auth-type");
        let admin = &self.file.admin;
        let origin = self.first(option, &AUTH_TYPE, admin.auth_type.as_ref())?;
        let default = match (&config.auth, self.path) {
            (AuthMethod::ClientSecret { .. }, Some(path)) if admin.client_id.is_some() => {
                return Ok(origin.unwrap_or_else(|| path.display().to_string()));
            }
            (AuthMethod::ClientSecret { .. }, _) => "the variables of the client secret",
            _ => "default",
        };
        Ok(origin.unwrap_or_else(|| default.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(overrides: &ConfigOverrides, variables: &[(&str, &str)], file: &str) -> Vec<String> {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("config.yaml");
        std::fs::write(&path, file).unwrap();
        let variable = |name: &str| {
            variables.iter().find(|(known, _)| *known == name).map(|(_, value)| OsString::from(value))
        };
        let report = Config::report(overrides, &variable, directory.path()).unwrap();
        let line = |SettingReport { name, value, origin }| {
            let origin = origin.replace(&*path.to_string_lossy(), "FILE");
            format!("{name} {} {origin}", value.as_deref().unwrap_or("-"))
        };
        report.settings.into_iter().map(line).collect()
    }

    #[test]
    fn each_setting_has_an_origin() {
        let file = "admin: {endpoint: acme.unionai.cloud}\ntask: {project: p, domain: d}\n";
        assert_eq!(
            report(&ConfigOverrides::default(), &[("FLYTE_TASK_DOMAIN", "e")], file),
            [
                "admin.endpoint https://acme.unionai.cloud FILE",
                "admin.authType Pkce default",
                "task.org acme the host name of the endpoint",
                "task.project p FILE",
                "task.domain e FLYTE_TASK_DOMAIN",
                "image.registry - not set",
                "image.image_refs.sealkit - not set",
            ]
        );
        let overrides = ConfigOverrides {
            auth_type: Some("device-flow".to_owned()),
            org: Some("o".to_owned()),
            endpoint: Some("h".to_owned()),
            ..ConfigOverrides::default()
        };
        assert_eq!(
            report(
                &overrides,
                &[("SEALKIT_BASE_IMAGE", "b:1")],
                "task: {domain: d}\nimage: {registry: r, image_refs: {sealkit: a:1}}"
            ),
            [
                "admin.endpoint https://h --endpoint",
                "admin.authType DeviceFlow --auth-type",
                "task.org o --org",
                "task.project - not set",
                "task.domain d FILE",
                "image.registry r FILE",
                "image.image_refs.sealkit b:1 SEALKIT_BASE_IMAGE",
            ]
        );
    }
}
