//! A static program, and registries for it.

use std::{
    collections::HashSet,
    fs::{self},
    io::{self, BufRead as _, BufReader, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::Command,
    sync::{Arc, Mutex, OnceLock},
    thread,
};

use support::{Finished, Home};

/// A password of the tests, which must not appear in any output.
pub(crate) const PASSWORD: &str = "hunter2";

/// An empty home directory.
pub(crate) fn home() -> Home {
    Home::new(env!("CARGO_BIN_EXE_command")).unwrap()
}

/// Writes Docker's configuration.
pub(crate) fn configure_docker(home: &Home, config: &str) {
    let directory = home.path().join(".docker");
    fs::create_dir_all(&directory).unwrap();
    fs::write(directory.join("config.json"), config).unwrap();
}

/// Returns the path of a static program for this machine; it is compiled once.
pub(crate) fn program() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("image");
        fs::create_dir_all(&directory).unwrap();
        let (source, program) = (directory.join("app.rs"), directory.join("app"));
        fs::write(&source, SOURCE).unwrap();
        let mut rustc = Command::new("rustc");
        rustc
            .args(["-C", "target-feature=+crt-static", "-C", "strip=symbols", "-o"])
            .arg(&program)
            .arg(&source);
        assert!(rustc.status().unwrap().success());
        program
    })
}

/// Uses what a program finds in an image.
const SOURCE: &str = r#"
fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let certificates = std::fs::read("/etc/ssl/certs/ca-certificates.crt").unwrap();
    std::fs::write("/tmp/result", "").unwrap();
    println!("{} {}", arguments.join(" "), certificates.len());
}
"#;

/// Pushes the program; in the output, the registry is `REGISTRY`, each digest is `DIGEST`, and the size is `SIZE`.
pub(crate) fn push(home: &Home, registry: &str, image: &str) -> Finished {
    let line = format!("build image {} --push {registry}/{image}", program().display());
    let mut finished = home.run(&line).unwrap();
    for text in [&mut finished.stdout, &mut finished.stderr] {
        assert!(!text.contains(PASSWORD), "{text}");
        *text = replace_digests(&text.replace(registry, "REGISTRY"));
    }
    if let Some((message, _)) = finished.stderr.rsplit_once(" (") {
        finished.stderr = format!("{message} (SIZE)\n");
    }
    finished
}

fn replace_digests(text: &str) -> String {
    let mut parts = text.split("sha256:");
    let mut replaced = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        replaced.push_str("DIGEST");
        replaced.push_str(part.trim_start_matches(|c: char| c.is_ascii_hexdigit()));
    }
    replaced
}

/// A request that a [`FakeRegistry`] received.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    /// The method and the path with its query.
    pub(crate) line: String,
    /// The host and the port of the registry.
    pub(crate) host: String,
    /// The value of the header `Authorization`, or nothing.
    pub(crate) authorization: String,
    pub(crate) body: Vec<u8>,
}

/// A registry that stores what it receives, except when the test lets it fail.
pub(crate) struct FakeRegistry {
    pub(crate) address: String,
    requests: Arc<Mutex<Vec<Request>>>,
}

impl FakeRegistry {
    /// Starts a registry. `fault` returns another response to a request; an empty one closes the connection.
    pub(crate) fn start(fault: impl Fn(&Request) -> Option<String> + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let received = requests.clone();
        thread::spawn(move || {
            let mut stored = HashSet::new();
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let Ok(request) = read_request(&stream) else { continue };
                received.lock().unwrap().push(request.clone());
                let response = fault(&request).unwrap_or_else(|| store(&mut stored, &request));
                let _ = stream.write_all(response.as_bytes());
            }
        });
        Self { address, requests }
    }

    /// Returns the requests so far, and forgets them. Digests are `DIGEST`.
    pub(crate) fn requests(&self) -> Vec<Request> {
        let mut requests = std::mem::take(&mut *self.requests.lock().unwrap());
        for request in &mut requests {
            request.line = replace_digests(&request.line);
        }
        requests
    }
}

/// Returns a response without a body.
pub(crate) fn response(status: &str, headers: &str) -> String {
    format!("HTTP/1.1 {status}\r\n{headers}Content-Length: 0\r\nConnection: close\r\n\r\n")
}

/// Returns a response with a body.
pub(crate) fn response_with(status: &str, body: &str) -> String {
    format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len())
}

/// Does what the specification of registries demands.
fn store(stored: &mut HashSet<String>, request: &Request) -> String {
    let (method, path) = request.line.split_once(' ').unwrap();
    match method {
        "HEAD" if stored.contains(path) => response("200 OK", ""),
        "HEAD" => response("404 Not Found", ""),
        "POST" => response("202 Accepted", "Location: /v2/me/app/blobs/uploads/1?state=x\r\n"),
        _ => {
            if let Some((_, digest)) = path.split_once("&digest=") {
                stored.insert(format!("/v2/me/app/blobs/{digest}"));
            }
            response("201 Created", "")
        }
    }
}

fn read_request(stream: &TcpStream) -> io::Result<Request> {
    let mut reader = BufReader::new(stream);
    let (mut line, mut host, mut authorization, mut length) =
        (String::new(), String::new(), String::new(), 0);
    loop {
        let mut next = String::new();
        if reader.read_line(&mut next)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let next = next.trim_end();
        match next.split_once(": ") {
            Some(("authorization", value)) => value.clone_into(&mut authorization),
            Some(("host", value)) => value.clone_into(&mut host),
            Some(("content-length", value)) => length = value.parse().unwrap(),
            _ if next.is_empty() => break,
            None => next.trim_end_matches(" HTTP/1.1").clone_into(&mut line),
            Some(_) => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    Ok(Request { line, host, authorization, body })
}
