//! TLS: how a server proves who it is.

use std::{
    fs, io,
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

use super::{
    dial::{Speak, bare},
    failure::Failure,
};
use crate::{
    config::Config,
    endpoint::Endpoint,
    error::{Error, ErrorKind, Result},
};

/// Whom we trust.
pub(super) struct Tls {
    provider: Arc<CryptoProvider>,
    /// Instead of the certificates of the system, for servers of the cluster.
    own: Option<RootCertStore>,
    /// The host that may be anybody, if the configuration says so.
    skip_verify: Option<String>,
    /// The certificates of the system, which are read when they are first needed.
    system: OnceLock<RootCertStore>,
}

impl Tls {
    pub(super) fn new(config: &Config) -> Result<Self> {
        let mut own = None;
        if let Some(path) = config.tls.ca_cert.as_ref().filter(|_| !config.tls.skip_verify) {
            let place = format!("`{}`, the file of certificates of `{}`,", path.display(), config.origin);
            let wrong = |what: &str| Error::new(ErrorKind::Config, format!("{place} {what}"));
            let pem = fs::read(path).map_err(|error| wrong(&format!("cannot be read: {}", error.kind())))?;
            let mut roots = RootCertStore::empty();
            for certificate in CertificateDer::pem_slice_iter(&pem) {
                let certificate = certificate.map_err(|_| wrong("is no PEM"))?;
                roots.add(certificate).map_err(|_| wrong("has a certificate that is broken"))?;
            }
            if roots.is_empty() {
                return Err(
                    wrong("has no certificate").with_hint("it begins with `-----BEGIN CERTIFICATE-----`")
                );
            }
            own = Some(roots);
        }
        Ok(Self {
            provider: Arc::new(ring::default_provider()),
            own,
            skip_verify: config.tls.skip_verify.then(|| config.endpoint.host.clone()),
            system: OnceLock::new(),
        })
    }

    /// TLS around a connection to `to`.
    pub(super) async fn around(
        &self,
        stream: TcpStream,
        to: &Endpoint,
        speak: Speak,
    ) -> Result<TlsStream<TcpStream>, Failure> {
        let name = ServerName::try_from(bare(&to.host).to_owned()).map_err(|_| Failure::unknown(&to.host))?;
        let connector = TlsConnector::from(Arc::new(self.config(to, speak)?));
        let stream = connector.connect(name, stream).await.map_err(|error| Failure::handshake(&error))?;
        // A token endpoint may answer without saying what it speaks.
        if speak == Speak::Http2 && stream.get_ref().1.alpn_protocol() != Some(b"h2") {
            return Err(Failure::not_http2());
        }
        Ok(stream)
    }

    fn config(&self, to: &Endpoint, speak: Speak) -> Result<ClientConfig, Failure> {
        let builder = ClientConfig::builder_with_provider(self.provider.clone())
            .with_safe_default_protocol_versions()
            .map_err(|error| Failure::handshake(&io::Error::other(error)))?;
        // Who gives tokens is often somebody else, known to everybody. They get the secret of the client, so it matters
        // who they are even where it does not matter who the cluster is.
        let skip = self.skip_verify.as_ref().is_some_and(|host| speak == Speak::Http2 || *host == to.host);
        let mut config = match (speak, &self.own) {
            _ if skip => builder
                .dangerous()
                .with_custom_certificate_verifier(Arc::new(Anybody(self.provider.clone())))
                .with_no_client_auth(),
            (Speak::Http2, Some(own)) => builder.with_root_certificates(own.clone()).with_no_client_auth(),
            (Speak::Http2, None) => builder.with_root_certificates(self.system()?).with_no_client_auth(),
            (Speak::Http1, own) => {
                let mut roots = own.clone().unwrap_or_else(RootCertStore::empty);
                match self.system() {
                    Ok(system) => roots.extend(system.roots),
                    Err(failure) if roots.is_empty() => return Err(failure),
                    Err(_) => {}
                }
                builder.with_root_certificates(roots).with_no_client_auth()
            }
        };
        config.alpn_protocols = match speak {
            Speak::Http1 => vec![b"http/1.1".to_vec()],
            Speak::Http2 => vec![b"h2".to_vec()],
        };
        Ok(config)
    }

    fn system(&self) -> Result<RootCertStore, Failure> {
        let roots = self.system.get_or_init(|| {
            let mut roots = RootCertStore::empty();
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
            roots
        });
        if roots.is_empty() { Err(Failure::no_roots()) } else { Ok(roots.clone()) }
    }
}

/// Trusts whoever answers, as long as they have the key of the certificate that they show.
#[derive(Debug)]
struct Anybody(Arc<CryptoProvider>);

impl ServerCertVerifier for Anybody {
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
    use crate::{config::Auth, fake::config};

    #[test]
    fn a_machine_without_certificates_matters_only_to_who_needs_them() {
        let to = Endpoint { insecure: false, host: "h".into(), port: 443 };
        let mut config = config(&to, Auth::None);
        let without = |config: &Config| {
            let system = OnceLock::from(RootCertStore::empty());
            Tls { system, ..Tls::new(config).unwrap() }.config(&to, Speak::Http2)
        };
        let text = without(&config).unwrap_err().to_string();
        assert_eq!(text, "this machine has no certificates of authorities to check its own with");
        config.tls.skip_verify = true;
        assert!(without(&config).is_ok());
    }
}
