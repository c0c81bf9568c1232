//! How stores are connected to.

use std::{sync::Arc, time::Duration};

use object_store::{
    ClientConfigKey, ClientOptions,
    client::{HttpClient, HttpConnector},
};
use rustls::{ClientConfig, RootCertStore, crypto::ring};

/// Where nobody answers, that is soon told.
const CONNECTING: Duration = Duration::from_secs(5);
/// How long a store may be silent in the middle of an answer, or before it.
const ANSWERING: Duration = Duration::from_secs(30);

/// Connects by rustls, with the certificates of the system.
///
/// The cryptography is handed over, not installed for the process: that is the program's own to do.
#[derive(Debug)]
pub(super) struct Connector;

impl HttpConnector for Connector {
    fn connect(&self, options: &ClientOptions) -> object_store::Result<HttpClient> {
        let generic = |source| object_store::Error::Generic { store: "http", source };
        let mut roots = RootCertStore::empty();
        // An image may have none, and need none where the store speaks plain HTTP.
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        let tls = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|error| generic(error.into()))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        let allows_http = options.get_config_value(&ClientConfigKey::AllowHttp).as_deref() == Some("true");
        let client = reqwest::Client::builder()
            .tls_backend_preconfigured(tls)
            .https_only(!allows_http)
            // What is signed for one host is nothing for another.
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(CONNECTING)
            .read_timeout(ANSWERING)
            // No connection outlives the runtime that it was made on.
            .pool_max_idle_per_host(0)
            .user_agent(concat!("sealkit/", env!("CARGO_PKG_VERSION")))
            .build();
        client.map(HttpClient::new).map_err(|error| generic(error.into()))
    }
}
