//! URLs of runs in the console.

use std::fmt::Write as _;

use super::Config;
use crate::{endpoint::Endpoint, error::Result};

impl Config {
    /// Returns the URL of a run in the console.
    pub fn console_url(&self, run: &str, project: &str, domain: &str) -> String {
        let base = match &self.console {
            Some(console) => console.clone(),
            // The console of the sandbox has another port.
            None if self.endpoint.host == "localhost" && self.endpoint.port == 8090 => {
                Endpoint { port: 8080, ..self.endpoint.clone() }.to_string()
            }
            None => self.endpoint.to_string(),
        };
        let [run, project, domain] = [run, project, domain].map(percent_encode);
        format!("{base}/v2/domain/{domain}/project/{project}/runs/{run}")
    }
}

/// Percent-encodes `name` as one segment of a URL path.
fn percent_encode(name: &str) -> String {
    let mut segment = String::new();
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            segment.push(byte.into());
        } else {
            // Writing to a string cannot fail.
            let _ = write!(segment, "%{byte:02X}");
        }
    }
    segment
}

/// Parses the configured console: a URL, which is kept, or an endpoint.
pub(super) fn parse_console_url(text: &str, insecure: bool) -> Result<String> {
    let is_url = text.starts_with("http://") || text.starts_with("https://");
    if is_url && !text.contains(|c: char| c == '@' || c.is_whitespace() || c.is_control()) {
        return Ok(text.trim_end_matches('/').to_owned());
    }
    let endpoint = Endpoint::parse(text, insecure).map_err(|error| error.with_origin("console.endpoint"))?;
    Ok(endpoint.to_string())
}

#[cfg(test)]
mod tests {
    use super::{super::ConfigOverrides, *};

    #[test]
    fn the_console_url_of_a_run_follows_from_the_configuration() {
        let url = |file: &str| {
            let overrides = ConfigOverrides { config: Some("x.yaml".into()), ..ConfigOverrides::default() };
            let directory = tempfile::tempdir().unwrap();
            std::fs::write(directory.path().join("x.yaml"), file).unwrap();
            let config = Config::discover(&overrides, &|_| None, directory.path()).unwrap();
            config.console_url("r1", "flytesnacks", "development/x")
        };
        let path = "/v2/domain/development%2Fx/project/flytesnacks/runs/r1";
        assert_eq!(url("admin: {endpoint: 'dns:///acme.com:8443'}"), format!("https://acme.com:8443{path}"));
        assert_eq!(
            url("admin: {endpoint: localhost:8090, insecure: yes}"),
            format!("http://localhost:8080{path}")
        );
        let console = "admin: {endpoint: acme.com}\nconsole: {endpoint: 'http://console.acme.com/ui/'}";
        assert_eq!(url(console), format!("http://console.acme.com/ui{path}"));
    }
}
