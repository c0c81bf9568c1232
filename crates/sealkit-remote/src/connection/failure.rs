//! Why a connection could not be made or did not last, in plain words.

use std::{
    error::Error as StdError,
    fmt::Display,
    io::{self, ErrorKind as Io},
    time::Duration,
};

use tokio_rustls::rustls::{AlertDescription, CertificateError, Error as TlsError};

use super::proxy::Proxy;
use crate::{
    endpoint::Endpoint,
    error::{Error, ErrorKind, shown},
};

const IN_THE_CLEAR: &str = "if it speaks in the clear, set `admin.insecure: true`";
const OWN_AUTHORITY: &str = "name the certificate of its authority in `admin.caCertFilePath`";
const RUNNING: &str = "is it running, and is this its address and port?";
const CLOSED: &str =
    "is it running, is this its port, and does it want TLS (`admin.insecure: false`) or not?";

/// Why a connection could not be made. It travels through `hyper` and `tonic` as the source of their errors.
#[derive(Debug, thiserror::Error)]
#[error("{what}")]
pub(crate) struct Failure {
    kind: ErrorKind,
    what: String,
    hint: Option<&'static str>,
}

impl Failure {
    pub(super) fn new(kind: ErrorKind, what: impl Into<String>, hint: &'static str) -> Self {
        Self { kind, what: what.into(), hint: Some(hint) }
    }

    pub(super) fn unknown(host: &str) -> Self {
        let what = format!("no host is known as `{}`", shown(host));
        Self::new(ErrorKind::Unreachable, what, "is its name right, and is this machine online?")
    }

    pub(super) fn silent(after: Duration) -> Self {
        let what = format!("no answer within {} seconds", after.as_secs());
        Self::new(ErrorKind::Unreachable, what, "is a firewall or a missing VPN in between?")
    }

    pub(super) fn io(error: &io::Error) -> Self {
        let (what, hint) = match error.kind() {
            Io::ConnectionRefused => ("the connection is refused", RUNNING),
            Io::TimedOut => ("no answer", "is a firewall or a missing VPN in between?"),
            Io::ConnectionReset | Io::ConnectionAborted | Io::BrokenPipe | Io::UnexpectedEof => {
                ("the connection was closed", CLOSED)
            }
            Io::HostUnreachable | Io::NetworkUnreachable | Io::NetworkDown => {
                ("there is no way to it", "is this machine online?")
            }
            other => return Self::new(ErrorKind::Unreachable, other.to_string(), RUNNING),
        };
        Self::new(ErrorKind::Unreachable, what, hint)
    }

    pub(super) fn handshake(error: &io::Error) -> Self {
        let Some(error) = error.get_ref().and_then(|error| error.downcast_ref::<TlsError>()) else {
            return match error.kind() {
                Io::UnexpectedEof | Io::ConnectionReset | Io::BrokenPipe => Self::new(
                    ErrorKind::Untrusted,
                    "it closes the connection when asked for TLS",
                    IN_THE_CLEAR,
                ),
                _ => Self::io(error),
            };
        };
        let (what, hint) = match error {
            TlsError::InvalidCertificate(error) => certificate(error),
            TlsError::InvalidMessage(_) => ("it does not speak TLS".to_owned(), IN_THE_CLEAR),
            TlsError::NoApplicationProtocol
            | TlsError::AlertReceived(AlertDescription::NoApplicationProtocol) => {
                return Self::not_http2();
            }
            TlsError::AlertReceived(alert) => {
                (format!("it ends TLS with `{}`", alert.as_str().unwrap_or("an unknown alert")), RUNNING)
            }
            TlsError::PeerIncompatible(_) => ("it speaks no TLS of today: 1.2 or 1.3".to_owned(), RUNNING),
            other => (format!("TLS fails: {}", shown(&other.to_string())), RUNNING),
        };
        Self::new(ErrorKind::Untrusted, what, hint)
    }

    pub(super) fn not_http2() -> Self {
        let what = "it does not speak HTTP/2, which gRPC needs";
        Self::new(
            ErrorKind::Untrusted,
            what,
            "is this the address of the API, and does every proxy let HTTP/2 through?",
        )
    }

    pub(super) fn no_roots() -> Self {
        let what = "this machine has no certificates of authorities to check its own with";
        Self::new(
            ErrorKind::Untrusted,
            what,
            "install `ca-certificates`, or name a file in `admin.caCertFilePath`",
        )
    }

    pub(super) fn refused(proxy: &Proxy, status: u16) -> Self {
        let hint = match status {
            407 => "it wants to know who asks: `http://USER:PASSWORD@HOST:PORT`",
            _ => "may it connect to this host and port?",
        };
        Self::new(ErrorKind::Unreachable, format!("{proxy} answers with status {status}"), hint)
    }

    pub(super) fn not_http(proxy: &Proxy) -> Self {
        Self::new(ErrorKind::Unreachable, format!("{proxy} does not speak HTTP"), "is its address right?")
    }

    /// This happened on the way, at a proxy.
    #[must_use]
    pub(super) fn at(mut self, proxy: &Proxy) -> Self {
        self.what = format!("{proxy}: {}", self.what);
        self
    }

    /// What can be told about an error of the layers above.
    pub(super) fn of(error: &(dyn StdError + 'static)) -> Self {
        let mut innermost = error;
        let mut next = Some(error);
        while let Some(error) = next {
            if let Some(Self { kind, what, hint }) = error.downcast_ref() {
                return Self { kind: *kind, what: what.clone(), hint: *hint };
            }
            if let Some(error) = error.downcast_ref::<io::Error>() {
                return Self::io(error);
            }
            if let Some(error) = error.downcast_ref::<h2::Error>() {
                // We ourselves end a connection only if what comes in is no HTTP/2.
                if error.is_library() && error.is_go_away() {
                    return Self::not_http2();
                }
                if let Some(error) = error.get_io() {
                    return Self::io(error);
                }
            }
            innermost = error;
            next = error.source();
        }
        Self::new(ErrorKind::Unreachable, shown(&innermost.to_string()).to_string(), RUNNING)
    }

    /// What can be told about an error of a plain request.
    pub(super) fn of_http1(error: &hyper::Error) -> Self {
        if error.is_parse() {
            return Self::new(ErrorKind::Untrusted, "it does not speak HTTP", "is its address right?");
        }
        if error.is_incomplete_message() {
            return Self::io(&Io::UnexpectedEof.into());
        }
        Self::of(error)
    }

    /// The error of who wanted to reach `place`, which was found in `origin`.
    pub(super) fn into_error(self, place: impl Display, origin: &str) -> Error {
        let Self { kind, what, hint } = self;
        let verb = if kind == ErrorKind::Untrusted { "trusted" } else { "reached" };
        let error = Error::new(kind, format!("`{place}` (of `{origin}`) cannot be {verb}: {what}"));
        match hint {
            Some(hint) => error.with_hint(hint),
            None => error,
        }
    }
}

fn certificate(error: &CertificateError) -> (String, &'static str) {
    let what = match error {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => "its certificate has expired",
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "its certificate is not valid yet, says the clock of this machine"
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            return (
                "its certificate is for another name".to_owned(),
                "is this the name that it is known by?",
            );
        }
        CertificateError::UnknownIssuer => {
            return ("nobody known here has signed its certificate".to_owned(), OWN_AUTHORITY);
        }
        CertificateError::Revoked => "its certificate was revoked",
        other => return (format!("its certificate is wrong: {}", shown(&other.to_string())), OWN_AUTHORITY),
    };
    (what.to_owned(), "ask who runs it; `date` tells the clock of this machine")
}

/// What went wrong on the way to `endpoint`, which was found in `origin`; `error` is of `tonic` or `hyper`.
pub(crate) fn explain(error: &(dyn StdError + 'static), endpoint: &Endpoint, origin: &str) -> Error {
    Failure::of(error).into_error(endpoint, origin)
}
