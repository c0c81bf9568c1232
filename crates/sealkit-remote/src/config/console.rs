//! Where runs are looked at.

use std::fmt::Write as _;

use super::Config;
use crate::{endpoint::Endpoint, error::Result};

impl Config {
    /// Where a person can look at a run.
    pub fn console_url(&self, run: &str, project: &str, domain: &str) -> String {
        let base = match &self.console {
            Some(console) => console.clone(),
            // The sandbox has its console at another port.
            None if self.endpoint.host == "localhost" && self.endpoint.port == 8090 => {
                Endpoint { port: 8080, ..self.endpoint.clone() }.to_string()
            }
            None => self.endpoint.to_string(),
        };
        let [run, project, domain] = [run, project, domain].map(part_of_url);
        format!("{base}/v2/domain/{domain}/project/{project}/runs/{run}")
    }
}

/// `name` as one part of the path of a URL.
fn part_of_url(name: &str) -> String {
    let mut part = String::new();
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            part.push(byte.into());
        } else {
            // Writing to a string never fails.
            let _ = write!(part, "%{byte:02X}");
        }
    }
    part
}

/// The URL of a console: as it is written, or like an endpoint.
pub(super) fn console_at(text: &str, insecure: bool) -> Result<String> {
    let is_url = text.starts_with("http://") || text.starts_with("https://");
    if is_url && !text.contains(|c: char| c == '@' || c.is_whitespace() || c.is_control()) {
        return Ok(text.trim_end_matches('/').to_owned());
    }
    let endpoint = Endpoint::parse(text, insecure).map_err(|error| error.of("console.endpoint"))?;
    Ok(endpoint.to_string())
}

#[cfg(test)]
mod tests {
    use super::{super::Given, *};

    #[test]
    fn a_run_has_its_page_at_the_console() {
        let url = |file: &str| {
            let given = Given { config: Some("x.yaml".into()), ..Given::default() };
            let directory = tempfile::tempdir().unwrap();
            std::fs::write(directory.path().join("x.yaml"), file).unwrap();
            let config = Config::discover(&given, &|_| None, directory.path()).unwrap();
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
