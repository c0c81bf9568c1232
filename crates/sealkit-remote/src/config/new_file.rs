//! Writes the configuration file of a cluster as `flyte create config` does.

use serde::Serialize;

use super::{ConfigOverrides, auth_type::AuthType};
use crate::{
    endpoint::Endpoint,
    error::{Error, ErrorKind, Result},
};

/// A configuration file: its sections and keys are sorted, and only what is set is written.
#[derive(Serialize)]
struct NewFile {
    admin: NewAdmin,
    image: NewImage,
    #[serde(skip_serializing_if = "NewTask::is_empty")]
    task: NewTask,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct NewAdmin {
    #[serde(skip_serializing_if = "Option::is_none")]
    auth_type: Option<&'static str>,
    endpoint: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    insecure: Option<bool>,
}

#[derive(Serialize)]
struct NewImage {
    builder: &'static str,
}

#[derive(Serialize)]
struct NewTask {
    #[serde(skip_serializing_if = "Option::is_none")]
    domain: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    org: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    project: Option<String>,
}

impl NewTask {
    fn is_empty(&self) -> bool {
        self.domain.is_none() && self.org.is_none() && self.project.is_none()
    }
}

impl ConfigOverrides {
    /// Returns a configuration file with these settings, as YAML.
    ///
    /// # Errors
    ///
    /// Returns [`ErrorKind::Config`] if there is no endpoint, or a setting is invalid.
    pub fn to_yaml(&self) -> Result<String> {
        let text = self.endpoint.as_deref().unwrap_or_default();
        let endpoint = Endpoint::parse(text, self.insecure)?;
        let auth_type = self.auth_type.as_deref().map(AuthType::parse).transpose()?;
        let set = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
        let default_port = if endpoint.insecure { 80 } else { 443 };
        let port = if endpoint.port == default_port { String::new() } else { format!(":{}", endpoint.port) };
        let file = NewFile {
            admin: NewAdmin {
                auth_type: auth_type.map(AuthType::name),
                endpoint: format!("dns:///{}{port}", endpoint.host),
                insecure: endpoint.insecure.then_some(true),
            },
            image: NewImage { builder: "local" },
            task: NewTask {
                domain: set(&self.domain),
                org: set(&self.org).or_else(|| endpoint.tenant().map(str::to_owned)),
                project: set(&self.project),
            },
        };
        yaml_serde::to_string(&file)
            .map_err(|error| Error::new(ErrorKind::Config, format!("cannot write the settings: {error}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn yaml(endpoint: &str, change: impl FnOnce(&mut ConfigOverrides)) -> String {
        let mut overrides =
            ConfigOverrides { endpoint: Some(endpoint.to_owned()), ..ConfigOverrides::default() };
        change(&mut overrides);
        overrides.to_yaml().unwrap()
    }

    #[test]
    fn a_file_is_written_as_by_the_official_tool() {
        let file = yaml("https://my.example.com:8443/", |new| {
            new.auth_type = Some("client_secret".to_owned());
            new.project = Some("true".to_owned());
            new.domain = Some("d".to_owned());
        });
        assert_eq!(
            file,
            "admin:\n  authType: ClientSecret\n  endpoint: dns:///my.example.com:8443\nimage:\n  builder: local\n\
             task:\n  domain: d\n  org: my\n  project: 'true'\n"
        );
        let file = yaml("http://localhost:30080", |_| {});
        assert_eq!(
            file,
            "admin:\n  endpoint: dns:///localhost:30080\n  insecure: true\nimage:\n  builder: local\n"
        );
    }

    #[test]
    fn an_invalid_setting_is_rejected() {
        let overrides =
            ConfigOverrides { endpoint: Some("ftp://x".to_owned()), ..ConfigOverrides::default() };
        assert!(overrides.to_yaml().is_err());
        let overrides = ConfigOverrides {
            endpoint: Some("x".to_owned()),
            auth_type: Some("magic".to_owned()),
            ..ConfigOverrides::default()
        };
        assert!(overrides.to_yaml().is_err());
    }
}
