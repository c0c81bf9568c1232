//! The configuration is read as the official `flyte` command reads it.
//!
//! Both read the same random files, variables and options. The cases leave out intended differences. The official command
//! ignores variables without a file, reads `FLYTE_ADMIN_INSECURE=false` as true and an empty variable as a setting, drops
//! `http://` and `https://`, uses the first number of an IP address as the organization, ignores unreadable files, applies
//! the TLS settings of a file to the endpoint of an API key, and reports a missing client secret or command later.

use std::{collections::HashMap, ffi::OsString, fs, path::Path};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use sealkit_remote::{AuthMethod, Config, ConfigOverrides};
use serde::{Deserialize, Serialize};
use support::Python;

const CASES: usize = 400;

#[derive(Debug, Serialize)]
struct Case {
    directory: String,
    environment: HashMap<&'static str, String>,
    options: Options,
    #[serde(skip)]
    files: String,
}

#[derive(Clone, Debug, Default, Serialize)]
struct Options {
    config: Option<String>,
    endpoint: Option<String>,
    insecure: bool,
    auth_type: Option<String>,
    org: Option<String>,
    project: Option<String>,
    domain: Option<String>,
}

#[derive(Debug, PartialEq, Deserialize)]
struct Answer {
    endpoint: Option<String>,
    auth: String,
    client_id: Option<String>,
    command: Vec<String>,
    proxy_command: Vec<String>,
    scopes: Vec<String>,
    http_proxy: Option<String>,
    ca_cert: Option<String>,
    skip_verify: bool,
    org: String,
    project: Option<String>,
    domain: Option<String>,
    console: Option<String>,
}

struct Random(fastrand::Rng);

impl Random {
    fn one<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.0.usize(..of.len())]
    }

    /// Returns true one time in `n`.
    fn rarely(&mut self, n: u8) -> bool {
        self.0.u8(..n) == 0
    }

    fn endpoint(&mut self, secure: bool) -> String {
        let schemes: &[&str] = if secure { &["", "dns:///", "https://"] } else { &["", "dns:///"] };
        let host = self.one(&[
            "localhost",
            "flyte.example.com",
            "acme.hosted.unionai.cloud",
            "example.com",
            "[::1]",
            "flyte-binary",
        ]);
        let port = self.one(&["", "", ":8090", ":30080", ":8443"]);
        format!("{}{host}{port}{}", self.one(schemes), self.one(&["", "", "/"]))
    }

    /// Writes `text` as YAML, with or without quotes.
    fn yaml(&mut self, text: &str) -> String {
        match self.0.u8(..3) {
            0 => format!("'{text}'"),
            1 => format!("\"{text}\""),
            // Unquoted brackets would be a list.
            _ if text.contains('[') => format!("\"{text}\""),
            _ => text.to_owned(),
        }
    }

    fn section(&mut self, name: &str, settings: &[(&str, String)]) -> String {
        if settings.is_empty() {
            return format!("{name}:{}\n", self.one(&["", " {}", " ~"]));
        }
        if self.rarely(3) {
            let settings: Vec<_> = settings.iter().map(|(key, value)| format!("{key}: {value}")).collect();
            return format!("{name}: {{{}}}\n", settings.join(", "));
        }
        let lines: Vec<_> = settings.iter().map(|(key, value)| format!("  {key}: {value}\n")).collect();
        format!("{name}: # here\n{}", lines.concat())
    }

    fn file(&mut self, key: bool, secure: bool) -> String {
        let mut admin = Vec::new();
        if !self.rarely(6) {
            let endpoint = self.endpoint(secure);
            admin.push(("endpoint", self.yaml(&endpoint)));
        }
        if !secure && !key && self.rarely(2) {
            let yes = ["true", "True", "yes", "on", "false", "no", "off", "", "~"];
            admin.push(("insecure", self.one(&yes).to_owned()));
        }
        if !key && self.rarely(4) {
            admin.push(("insecureSkipVerify", self.one(&["true", "false"]).to_owned()));
        }
        if self.rarely(4) {
            admin.push(("caCertFilePath", self.yaml("certs/ca.pem")));
        }
        if self.rarely(4) {
            admin.push(("httpProxyURL", self.yaml("http://proxy:3128")));
        }
        if self.rarely(2) {
            let auth_type = self.one(&["Pkce", "DeviceFlow", "ExternalCommand"]);
            admin.push(("authType", self.yaml(auth_type)));
        }
        if self.rarely(3) {
            admin.push(("clientId", "in-file".to_owned()));
            if self.rarely(2) {
                admin.push(("clientSecretLocation", "secret.txt".to_owned()));
            }
            if self.rarely(2) {
                admin.push(("clientSecretEnvVar", "CLIENT_SECRET".to_owned()));
            }
        }
        // `ExternalCommand` requires a command.
        admin.push(("command", self.one(&["[print, 'a token']", "print 'a token'", "[print]"]).to_owned()));
        if self.rarely(4) {
            admin.push(("proxyCommand", self.one(&["[ask, proxy]", "ask \"the proxy\""]).to_owned()));
        }
        if self.rarely(3) {
            admin.push(("scopes", self.one(&["[all]", "[all, offline]", "'all, offline'", "[]"]).to_owned()));
        }
        admin.push(("unknown", "{x: [1, 2]}".to_owned()));
        self.0.shuffle(&mut admin);
        let mut task = Vec::new();
        for (key, value) in [("org", "union"), ("project", "flytesnacks"), ("domain", "development")] {
            if self.0.bool() {
                task.push((key, self.yaml(value)));
            }
        }
        let mut sections = vec![self.section("admin", &admin), self.section("task", &task)];
        sections.push(self.section("image", &[("builder", "local".to_owned())]));
        if self.rarely(4) {
            sections.push(self.section("console", &[("endpoint", "https://console.example.com".to_owned())]));
        }
        self.0.shuffle(&mut sections);
        sections.concat()
    }

    fn environment(&mut self, key: bool, secure: bool) -> HashMap<&'static str, String> {
        let mut set = HashMap::new();
        if self.rarely(3) {
            set.insert("FLYTE_ADMIN_ENDPOINT", self.endpoint(secure));
        }
        if !secure && self.rarely(5) {
            set.insert("FLYTE_ADMIN_INSECURE", "true".to_owned());
        }
        for (name, values) in [
            ("FLYTE_AUTH_TYPE", &["Pkce", "DeviceFlow", "ExternalCommand"][..]),
            ("FLYTE_ADMIN_AUTHTYPE", &["Pkce", "DeviceFlow"]),
            ("FLYTE_AUTH_COMMAND", &["mint --audience 'a b'", "[\"mint\", \"a b\"]", "mint a\\ b \"c d\""]),
            ("FLYTE_ADMIN_COMMAND", &["mint"]),
            ("FLYTE_AUTH_PROXY_COMMAND", &["ask it"]),
            ("FLYTE_ADMIN_SCOPES", &["all", "all,offline", "[\"all\"]", " all  offline "]),
            ("FLYTE_ADMIN_CLIENTID", &["in-variable"]),
            ("FLYTE_ADMIN_CACERTFILEPATH", &["other.pem"]),
            ("FLYTE_ADMIN_HTTPPROXYURL", &["http://other:3128"]),
            ("FLYTE_ADMIN_INSECURESKIPVERIFY", &["true"]),
            ("FLYTE_TASK_ORG", &["org-in-variable"]),
            ("FLYTE_TASK_PROJECT", &["project-in-variable"]),
            ("FLYTE_TASK_DOMAIN", &["staging"]),
            ("FLYTE_CONSOLE_ENDPOINT", &["https://other.example.com"]),
        ] {
            if self.rarely(6) {
                set.insert(name, self.one(values).to_owned());
            }
        }
        // A file may name this variable.
        set.insert("CLIENT_SECRET", "hunter2".to_owned());
        if key {
            let text = format!("key.example.com:id-in-key:hunter2:{}", self.one(&["", "None", "org-in-key"]));
            set.insert("FLYTE_API_KEY", STANDARD.encode(text));
        }
        set
    }

    fn options(&mut self, secure: bool) -> Options {
        let mut some = |text: &str| self.rarely(5).then(|| text.to_owned());
        let (org, project, domain) = (some("option-org"), some("option-project"), some("option-domain"));
        Options {
            org,
            project,
            domain,
            config: None,
            endpoint: self.rarely(4).then(|| self.endpoint(secure)),
            insecure: !secure && self.rarely(6),
            auth_type: self
                .rarely(5)
                .then(|| self.one(&["pkce", "headless", "device-flow", "custom"]).to_owned()),
        }
    }

    fn case(&mut self, home: &Path) -> Case {
        let (key, secure) = (self.rarely(6), self.rarely(2));
        let mut environment = self.environment(key, secure);
        let mut options = self.options(secure);
        let work = home.join("repository/inner");
        fs::create_dir_all(&work).unwrap();
        fs::write(work.join("secret.txt"), " hunter2\n").unwrap();
        let mut files = String::new();
        let paths = [
            "repository/inner/config.yaml",
            "repository/inner/.flyte/config.yaml",
            "repository/inner/option.yaml",
            "uctl.yaml",
            "flytectl.yaml",
            ".union/config.yaml",
            ".flyte/config.yaml",
        ];
        let always = self.0.usize(..paths.len());
        for (i, path) in paths.into_iter().enumerate() {
            if i != always && !self.rarely(5) {
                continue;
            }
            let (name, path) = (path, home.join(path));
            match name {
                "repository/inner/option.yaml" => options.config = Some("option.yaml".to_owned()),
                "uctl.yaml" => {
                    environment.insert("UCTL_CONFIG", path.to_str().unwrap().to_owned());
                }
                "flytectl.yaml" => {
                    environment.insert("FLYTECTL_CONFIG", "../../flytectl.yaml".to_owned());
                }
                _ => {}
            }
            let text = self.file(key, secure);
            files.extend(["--- ", name, "\n", &text]);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        environment.insert("HOME", home.to_str().unwrap().to_owned());
        Case { directory: work.to_str().unwrap().to_owned(), environment, options, files }
    }
}

fn ours(case: &Case) -> Option<Answer> {
    let Options { config, endpoint, insecure, auth_type, org, project, domain } = case.options.clone();
    let config = config.map(Into::into);
    let overrides = ConfigOverrides { config, endpoint, insecure, auth_type, org, project, domain };
    let variable = |name: &str| case.environment.get(name).map(OsString::from);
    let config = match Config::discover(&overrides, &variable, Path::new(&case.directory)) {
        Ok(config) => config,
        Err(error) if error.to_string().contains("no cluster is configured") => return None,
        Err(error) => panic!("{error}\n{case:?}\n{}", case.files),
    };
    let (auth, client_id, command) = match config.auth {
        AuthMethod::None => ("None", None, Vec::new()),
        AuthMethod::Pkce => ("Pkce", None, Vec::new()),
        AuthMethod::DeviceFlow => ("DeviceFlow", None, Vec::new()),
        AuthMethod::ClientSecret { client_id, .. } => ("ClientSecret", Some(client_id), Vec::new()),
        AuthMethod::ExternalCommand(command) => ("ExternalCommand", None, command),
        _ => unreachable!("there are no others"),
    };
    let ca_cert = config.tls.ca_cert.map(|path| {
        let path = path.strip_prefix(&case.directory).unwrap();
        path.to_str().unwrap().to_owned()
    });
    Some(Answer {
        endpoint: Some(config.endpoint.to_string()),
        auth: auth.to_owned(),
        client_id,
        command,
        proxy_command: config.proxy_command,
        scopes: config.scopes,
        http_proxy: config.http_proxy,
        ca_cert,
        skip_verify: config.tls.skip_verify,
        org: config.org,
        project: config.project,
        domain: config.domain,
        console: config.console,
    })
}

#[test]
#[cfg_attr(not(has_python), ignore = "needs TEST_PYTHON")]
fn a_configuration_is_read_as_by_the_official_command() {
    let python = Python::from_environment();
    let mut random = Random(fastrand::Rng::with_seed(7));
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path().canonicalize().unwrap();
    let cases: Vec<_> = (0..CASES).map(|i| random.case(&root.join(i.to_string()))).collect();
    let theirs: Vec<Answer> = python.ask("flyte_config.py", &cases).unwrap();

    let mut methods = HashMap::new();
    for (case, theirs) in cases.iter().zip(theirs) {
        let files = &case.files;
        *methods.entry(theirs.auth.clone()).or_insert(0) += usize::from(theirs.endpoint.is_some());
        let theirs = theirs.endpoint.is_some().then_some(theirs);
        assert_eq!(
            ours(case),
            theirs,
            "ours and theirs of {:?} {:?}\n{files}",
            case.options,
            case.environment
        );
    }
    // Every method must occur often enough.
    for method in ["None", "Pkce", "DeviceFlow", "ClientSecret", "ExternalCommand"] {
        assert!(methods.get(method).is_some_and(|&cases| cases >= CASES / 20), "{methods:?}");
    }
}
