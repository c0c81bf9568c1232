//! The error of a connection, and its conversion to [`Error`].

use std::{
    error::Error as StdError,
    fmt::Display,
    io::{self, ErrorKind as Io},
    time::Duration,
};

use tokio_rustls::rustls::{AlertDescription, CertificateError, Error as TlsError};

use crate::{
    endpoint::Endpoint,
    error::{Error, ErrorKind, escape},
};

const CHECK_ADDRESS: &str = "check that the server runs at this address and port";
const CHECK_CERTIFICATE: &str =
    "ask the operator of the server for a valid certificate, and check the clock of this machine: date";
const CHECK_FIREWALL: &str = "check for a firewall or a missing VPN connection";
const CHECK_TLS: &str = "check the port and `admin.insecure`: the server may require TLS";
const DISABLE_TLS: &str = "if the server does not use TLS, set `admin.insecure: true`";
const SET_CA_CERTIFICATE: &str = "set `admin.caCertFilePath` to the certificate of its authority";

/// The error of a connection that cannot be made or is lost. It passes through `hyper` and `tonic` as the source of their errors.
#[derive(Debug, thiserror::Error)]
#[error("{reason}")]
pub(crate) struct ConnectionError {
    kind: ErrorKind,
    reason: String,
    hint: &'static str,
}

impl ConnectionError {
    pub(super) fn new(kind: ErrorKind, reason: impl Into<String>, hint: &'static str) -> Self {
        Self { kind, reason: reason.into(), hint }
    }

    pub(super) fn unknown_host(host: &str) -> Self {
        let reason = format!("host `{}` not found", escape(host));
        let hint = "check the host name and the network connection of this machine";
        Self::new(ErrorKind::Unreachable, reason, hint)
    }

    pub(super) fn timed_out(after: Duration) -> Self {
        let reason = format!("no response within {} seconds", after.as_secs());
        Self::new(ErrorKind::Unreachable, reason, CHECK_FIREWALL)
    }

    pub(super) fn from_io(error: &io::Error) -> Self {
        let (reason, hint) = match error.kind() {
            Io::ConnectionRefused => ("connection refused", CHECK_ADDRESS),
            Io::TimedOut => ("timed out", CHECK_FIREWALL),
            Io::ConnectionReset | Io::ConnectionAborted | Io::BrokenPipe | Io::UnexpectedEof => {
                ("connection closed by the server", CHECK_TLS)
            }
            Io::HostUnreachable | Io::NetworkUnreachable | Io::NetworkDown => {
                ("network unreachable", "check the network connection of this machine")
            }
            other => return Self::new(ErrorKind::Unreachable, other.to_string(), CHECK_ADDRESS),
        };
        Self::new(ErrorKind::Unreachable, reason, hint)
    }

    pub(super) fn from_handshake(error: &io::Error) -> Self {
        let Some(error) = error.get_ref().and_then(|error| error.downcast_ref::<TlsError>()) else {
            return match error.kind() {
                Io::UnexpectedEof | Io::ConnectionReset | Io::BrokenPipe => Self::new(
                    ErrorKind::Untrusted,
                    "connection closed by the server during the TLS handshake",
                    DISABLE_TLS,
                ),
                _ => Self::from_io(error),
            };
        };
        let (reason, hint) = match error {
            TlsError::InvalidCertificate(error) => certificate_error(error),
            TlsError::InvalidMessage(_) => ("the server does not use TLS".to_owned(), DISABLE_TLS),
            TlsError::NoApplicationProtocol
            | TlsError::AlertReceived(AlertDescription::NoApplicationProtocol) => {
                return Self::no_http2();
            }
            TlsError::AlertReceived(alert) => {
                let alert = alert.as_str().unwrap_or("an unknown alert");
                (format!("TLS handshake aborted by the server: {alert}"), CHECK_ADDRESS)
            }
            TlsError::PeerIncompatible(_) => {
                ("the server supports neither TLS 1.2 nor TLS 1.3".to_owned(), CHECK_ADDRESS)
            }
            other => (format!("TLS handshake failed: {}", escape(&other.to_string())), CHECK_ADDRESS),
        };
        Self::new(ErrorKind::Untrusted, reason, hint)
    }

    pub(super) fn no_http2() -> Self {
        let reason = "the server does not speak HTTP/2, which gRPC requires";
        let hint = "check that this is the API endpoint, and that every proxy supports HTTP/2";
        Self::new(ErrorKind::Untrusted, reason, hint)
    }

    pub(super) fn no_root_certificates() -> Self {
        let reason = "this machine has no root certificates";
        let hint = "install `ca-certificates`, or set `admin.caCertFilePath`";
        Self::new(ErrorKind::Untrusted, reason, hint)
    }

    pub(super) fn rejected_by_proxy(proxy: &impl Display, status: u16) -> Self {
        let hint = match status {
            407 => "add the proxy credentials: `http://USER:PASSWORD@HOST:PORT`",
            _ => "check that the proxy allows connections to this host and port",
        };
        Self::new(ErrorKind::Unreachable, format!("{proxy} responded with HTTP status {status}"), hint)
    }

    pub(super) fn not_an_http_proxy(proxy: &impl Display) -> Self {
        let reason = format!("{proxy} does not speak HTTP");
        Self::new(ErrorKind::Unreachable, reason, "check the address of the proxy")
    }

    /// Adds that the error occurred at a proxy.
    #[must_use]
    pub(super) fn at_proxy(mut self, proxy: &impl Display) -> Self {
        self.reason = format!("{proxy}: {}", self.reason);
        self
    }

    /// Extracts the most specific error from the source chain of an error of `tonic` or `hyper`.
    pub(super) fn from_chain(error: &(dyn StdError + 'static)) -> Self {
        let mut innermost = error;
        let mut next = Some(error);
        while let Some(error) = next {
            if let Some(Self { kind, reason, hint }) = error.downcast_ref() {
                return Self { kind: *kind, reason: reason.clone(), hint };
            }
            if let Some(error) = error.downcast_ref::<io::Error>() {
                return Self::from_io(error);
            }
            if let Some(error) = error.downcast_ref::<h2::Error>() {
                // The client sends GOAWAY only if the server's bytes are not HTTP/2.
                if error.is_library() && error.is_go_away() {
                    return Self::no_http2();
                }
                if let Some(error) = error.get_io() {
                    return Self::from_io(error);
                }
            }
            innermost = error;
            next = error.source();
        }
        Self::new(ErrorKind::Unreachable, escape(&innermost.to_string()).to_string(), CHECK_ADDRESS)
    }

    /// Converts the error of an HTTP/1 request.
    pub(super) fn from_http1(error: &hyper::Error) -> Self {
        if error.is_parse() {
            return Self::new(ErrorKind::Untrusted, "the server does not speak HTTP", "check the address");
        }
        if error.is_incomplete_message() {
            return Self::from_io(&Io::UnexpectedEof.into());
        }
        Self::from_chain(error)
    }

    /// Converts to the error of connecting to `target`, which comes from `origin` if that is not empty.
    pub(super) fn into_error(self, target: impl Display, origin: &str) -> Error {
        let Self { kind, reason, hint } = self;
        let origin = if origin.is_empty() { String::new() } else { format!(" (from `{origin}`)") };
        Error::new(kind, format!("cannot connect to `{target}`{origin}: {reason}")).with_hint(hint)
    }
}

fn certificate_error(error: &CertificateError) -> (String, &'static str) {
    let (reason, hint) = match error {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            ("the certificate of the server has expired", CHECK_CERTIFICATE)
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            ("the certificate of the server is not valid yet", CHECK_CERTIFICATE)
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => (
            "the certificate of the server is for another host name",
            "use a host name that the certificate is valid for",
        ),
        CertificateError::UnknownIssuer => {
            ("the certificate of the server is signed by an unknown authority", SET_CA_CERTIFICATE)
        }
        CertificateError::Revoked => ("the certificate of the server is revoked", CHECK_CERTIFICATE),
        other => {
            let reason = format!("the certificate of the server is invalid: {}", escape(&other.to_string()));
            return (reason, SET_CA_CERTIFICATE);
        }
    };
    (reason.to_owned(), hint)
}

/// Converts an error of `tonic` or `hyper` on the connection to `endpoint`, which comes from `origin`.
pub(crate) fn transport_error(error: &(dyn StdError + 'static), endpoint: &Endpoint, origin: &str) -> Error {
    ConnectionError::from_chain(error).into_error(endpoint, origin)
}
