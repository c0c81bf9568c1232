//! TLS connections and the verification of server certificates.

use std::{
    fs, io,
    path::Path,
    sync::{Arc, OnceLock},
};

use tokio::net::TcpStream;
use tokio_rustls::{
    TlsConnector,
    client::TlsStream,
    rustls::{
        ClientConfig, DigitallySignedStruct, Error as TlsError, RootCertStore, SignatureScheme,
        client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
        crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature},
        pki_types::{CertificateDer, ServerName, UnixTime, pem::PemObject},
    },
};

use super::error::ConnectionError;
use crate::{
    config::Config,
    endpoint::{Endpoint, strip_brackets},
    error::{Error, ErrorKind, Result},
};

/// The HTTP version that the server must support.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum HttpVersion {
    /// HTTP/1.1, for token endpoints.
    Http1,
    /// HTTP/2, for gRPC.
    Http2,
}

/// Makes TLS connections with the certificates of the configuration or of the system.
pub(super) struct TlsClient {
    provider: Arc<CryptoProvider>,
    /// The root certificates of the configuration, which replace those of the system for the cluster.
    custom_roots: Option<RootCertStore>,
    /// The host whose certificate is not verified, if the configuration says so.
    unverified_host: Option<String>,
    /// The root certificates of the system, loaded on first use.
    system_roots: OnceLock<RootCertStore>,
}

impl TlsClient {
    pub(super) fn new(config: &Config) -> Result<Self> {
        let path = config.tls.ca_cert.as_ref().filter(|_| !config.tls.skip_verify);
        let custom_roots = path.map(|path| read_roots(path, &config.origin)).transpose()?;
        let unverified_host = config.tls.skip_verify.then(|| config.endpoint.host.clone());
        Ok(Self { custom_roots, unverified_host, ..Self::with_system_roots() })
    }

    /// Creates a client that trusts the root certificates of the system only.
    pub(super) fn with_system_roots() -> Self {
        Self {
            provider: Arc::new(ring::default_provider()),
            custom_roots: None,
            unverified_host: None,
            system_roots: OnceLock::new(),
        }
    }

    /// Performs the TLS handshake with `server`.
    pub(super) async fn handshake(
        &self,
        stream: TcpStream,
        server: &Endpoint,
        version: HttpVersion,
    ) -> Result<TlsStream<TcpStream>, ConnectionError> {
        let name = ServerName::try_from(strip_brackets(&server.host).to_owned())
            .map_err(|_| ConnectionError::unknown_host(&server.host))?;
        let connector = TlsConnector::from(Arc::new(self.config(server, version)?));
        let stream = connector.connect(name, stream).await;
        let stream = stream.map_err(|error| ConnectionError::from_handshake(&error))?;
        // Servers of HTTP/1 may leave ALPN out.
        if version == HttpVersion::Http2 && stream.get_ref().1.alpn_protocol() != Some(b"h2") {
            return Err(ConnectionError::no_http2());
        }
        Ok(stream)
    }

    fn config(&self, server: &Endpoint, version: HttpVersion) -> Result<ClientConfig, ConnectionError> {
        let builder = ClientConfig::builder_with_provider(self.provider.clone())
            .with_safe_default_protocol_versions()
            .map_err(|error| ConnectionError::from_handshake(&io::Error::other(error)))?;
        // A token endpoint is often a public server other than the cluster. It receives the client secret, so its certificate is
        // verified even if that of the cluster is not.
        let skip_verify = self
            .unverified_host
            .as_ref()
            .is_some_and(|host| version == HttpVersion::Http2 || *host == server.host);
        let mut config = match (version, &self.custom_roots) {
            _ if skip_verify => builder
                .dangerous()
                .with_custom_certificate_verifier(Arc::new(NoVerification(self.provider.clone())))
                .with_no_client_auth(),
            (HttpVersion::Http2, Some(roots)) => {
                builder.with_root_certificates(roots.clone()).with_no_client_auth()
            }
            (HttpVersion::Http2, None) => {
                builder.with_root_certificates(self.system_roots()?).with_no_client_auth()
            }
            (HttpVersion::Http1, custom_roots) => {
                let mut roots = custom_roots.clone().unwrap_or_else(RootCertStore::empty);
                match self.system_roots() {
                    Ok(system_roots) => roots.extend(system_roots.roots),
                    Err(error) if roots.is_empty() => return Err(error),
                    Err(_) => {}
                }
                builder.with_root_certificates(roots).with_no_client_auth()
            }
        };
        config.alpn_protocols = match version {
            HttpVersion::Http1 => vec![b"http/1.1".to_vec()],
            HttpVersion::Http2 => vec![b"h2".to_vec()],
        };
        Ok(config)
    }

    fn system_roots(&self) -> Result<RootCertStore, ConnectionError> {
        let roots = self.system_roots.get_or_init(|| {
            let mut roots = RootCertStore::empty();
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
            roots
        });
        if roots.is_empty() { Err(ConnectionError::no_root_certificates()) } else { Ok(roots.clone()) }
    }
}

/// Reads root certificates from the PEM file at `path`, which `origin` names.
fn read_roots(path: &Path, origin: &str) -> Result<RootCertStore> {
    let failed = |reason: &str| {
        let path = path.display();
        let message = format!("cannot read certificates from `{path}` (from `{origin}`): {reason}");
        Error::new(ErrorKind::Config, message)
    };
    let pem = fs::read(path).map_err(|error| failed(&error.kind().to_string()))?;
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(&pem) {
        let certificate = certificate.map_err(|_| failed("not PEM"))?;
        roots.add(certificate).map_err(|_| failed("invalid certificate"))?;
    }
    if roots.is_empty() {
        return Err(failed("no certificate").with_hint("use a file that has `-----BEGIN CERTIFICATE-----`"));
    }
    Ok(roots)
}

/// Accepts every certificate, if the server has its private key.
#[derive(Debug)]
struct NoVerification(Arc<CryptoProvider>);

impl ServerCertVerifier for NoVerification {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, TlsError> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, TlsError> {
        verify_tls12_signature(message, certificate, signature, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, TlsError> {
        verify_tls13_signature(message, certificate, signature, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{config::AuthMethod, test_server::config};

    #[test]
    fn missing_root_certificates_are_an_error_only_if_certificates_are_verified() {
        let server = Endpoint { insecure: false, host: "h".into(), port: 443 };
        let mut config = config(&server, AuthMethod::None);
        let without = |config: &Config| {
            let system_roots = OnceLock::from(RootCertStore::empty());
            TlsClient { system_roots, ..TlsClient::new(config).unwrap() }.config(&server, HttpVersion::Http2)
        };
        let text = without(&config).unwrap_err().to_string();
        assert_eq!(text, "this machine has no root certificates");
        config.tls.skip_verify = true;
        assert!(without(&config).is_ok());
    }
}
