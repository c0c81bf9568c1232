//! Control planes with a home directory that is configured for them.

use std::{fs, path::PathBuf};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::Value as Json;
use support::{ControlPlane, Finished, Home, Program, Python};

/// Starts a control plane, and configures a home directory for it.
pub(crate) fn start(options: &[&str]) -> (ControlPlane, Home) {
    let python = Python::from_environment();
    let plane = ControlPlane::start(&python, options).unwrap();
    let home = Home::new(env!("CARGO_BIN_EXE_command")).unwrap();
    plane.configure(&home, "").unwrap();
    (plane, home)
}

/// A control plane that requires authentication, and a home directory.
pub(crate) struct Setup {
    pub(crate) plane: ControlPlane,
    pub(crate) home: Home,
}

impl Setup {
    pub(crate) fn new(options: &[&str]) -> Self {
        let python = Python::from_environment();
        let plane = ControlPlane::start(&python, options).unwrap();
        let home = Home::new(env!("CARGO_BIN_EXE_command")).unwrap();
        Self { plane, home }
    }

    /// Starts a control plane with TLS.
    pub(crate) fn with_tls() -> Self {
        Self::new(&["--auth", "--tls"])
    }

    /// Writes a configuration with these lines below `admin`.
    pub(crate) fn configure(&self, lines: &[&str]) {
        let lines = lines.iter().fold(String::new(), |all, line| all + "  " + line + "\n");
        self.plane.configure(&self.home, &lines).unwrap();
    }

    /// Writes a client secret to a file, and returns its path.
    pub(crate) fn secret_file(&self, secret: &str) -> PathBuf {
        let path = self.home.path().join("client-secret");
        fs::write(&path, format!("{secret}\n")).unwrap();
        path
    }

    pub(crate) fn sealkit(&self, line: &str) -> Program {
        self.home.sealkit(line)
    }

    /// Runs a program to its end, and checks that its output contains no secret and no token.
    pub(crate) fn run(&self, program: Program) -> Finished {
        let mut finished = program.run().unwrap();
        let output = finished.to_string();
        let (_, secret) = self.plane.client();
        let mut hidden = vec![secret.to_owned(), STANDARD.encode(secret)];
        for request in self.plane.admin("GET", "/requests", &Json::Null).unwrap() {
            let headers = request["headers"].as_object().unwrap();
            let tokens = headers.iter().filter(|(name, _)| name.contains("authorization"));
            hidden.extend(
                tokens
                    .filter_map(|(_, value)| value.as_str()?.split_once(' '))
                    .map(|(_, token)| token.to_owned()),
            );
            for name in ["device_code", "refresh_token", "code", "code_verifier"] {
                hidden.extend(request["request"][name].as_str().map(str::to_owned));
            }
        }
        for path in self.token_files() {
            let cached: Json = serde_json::from_slice(&fs::read(path).unwrap()).unwrap_or_default();
            hidden.extend(
                ["access_token", "refresh_token"]
                    .iter()
                    .filter_map(|name| cached[name].as_str())
                    .map(str::to_owned),
            );
        }
        for hidden in hidden {
            assert!(!output.contains(&hidden), "{hidden} is in {output}");
        }
        for text in [&mut finished.stdout, &mut finished.stderr] {
            let home = self.home.path().to_string_lossy();
            *text = text.replace(&*home, "~").replace(self.plane.address(), "PLANE");
        }
        finished
    }

    /// Creates a secret and lists it.
    pub(crate) fn create_and_list(&self, name: &str, with: impl Fn(Program) -> Program) {
        let create = self.sealkit(&format!("create secret {name} --remote -f -")).input("one");
        let created = self.run(with(create));
        assert_eq!(created.code, Some(0), "{created}");
        let listed = self.run(with(self.sealkit("get secret --remote -o name")));
        assert_eq!((listed.code, &*listed.stdout), (Some(0), &*format!("{name}\n")), "{listed}");
        self.plane.admin("DELETE", "/secrets", &Json::Null).unwrap();
    }

    /// Returns the number of tokens that the control plane has granted for a grant type.
    pub(crate) fn granted(&self, grant: &str) -> u64 {
        let all = self.plane.admin("GET", "/tokens", &Json::Null).unwrap();
        all[0][grant].as_u64().unwrap_or_default()
    }

    pub(crate) fn token_files(&self) -> Vec<PathBuf> {
        let Ok(files) = fs::read_dir(self.home.path().join(TOKENS)) else { return Vec::new() };
        files
            .map(|file| file.unwrap().path())
            .filter(|path| path.extension().is_some_and(|end| end == "json"))
            .collect()
    }

    /// Returns the value of `BROWSER` for a user who approves every login.
    pub(crate) fn browser(&self) -> String {
        self.plane.browser().join(" ")
    }
}

/// The directory of the token cache, below the home directory.
pub(crate) const TOKENS: &str = ".local/state/sealkit/tokens";
