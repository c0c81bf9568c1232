//! The HTTP client for object stores.

use std::{future::Future, pin::Pin, sync::Arc, time::Duration};

use object_store::{
    ClientConfigKey, ClientOptions,
    client::{HttpClient, HttpConnector, HttpError, HttpRequest, HttpResponse, HttpService},
};
use rustls::{ClientConfig, RootCertStore, crypto::ring};

/// The timeout for connecting, short so that an unreachable store is reported soon.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// The timeout for each read of a response. A store needs a while to put the parts of a large object together; the AWS CLI waits as long.
const READ_TIMEOUT: Duration = Duration::from_secs(60);

/// After this time, a request that failed is not repeated.
pub(super) const RETRY_TIMEOUT: Duration = Duration::from_secs(180);

/// Connects with rustls and the certificates of the system.
///
/// It passes the cryptography provider to the client and does not install it for the process: only the program itself may do that.
#[derive(Debug)]
pub(super) struct Connector;

impl HttpConnector for Connector {
    fn connect(&self, options: &ClientOptions) -> object_store::Result<HttpClient> {
        let generic = |source| object_store::Error::Generic { store: "http", source };
        let mut roots = RootCertStore::empty();
        // An image may have no certificates, and needs none for a store with plain HTTP.
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
            // A request that is signed for one host must not be sent to another.
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(CONNECT_TIMEOUT)
            .read_timeout(READ_TIMEOUT)
            // A connection must not outlive the runtime that it was made on.
            .pool_max_idle_per_host(0)
            .user_agent(concat!("sealkit/", env!("CARGO_PKG_VERSION")))
            .build();
        client.map(|client| HttpClient::new(Client(client))).map_err(|error| generic(error.into()))
    }
}

/// A client that encodes blanks in queries as signatures do.
#[derive(Debug)]
struct Client(reqwest::Client);

/// The method as `#[async_trait]` declares it.
impl HttpService for Client {
    fn call<'s, 'f>(
        &'s self,
        mut request: HttpRequest,
    ) -> Pin<Box<dyn Future<Output = Result<HttpResponse, HttpError>> + Send + 'f>>
    where
        's: 'f,
        Self: 'f,
    {
        let uri = request.uri().to_string();
        // The signature of a request is made for `%20`, and not every server takes `+` for the same.
        if let Some((path, query)) = uri.split_once('?').filter(|(_, query)| query.contains('+'))
            && let Ok(uri) = format!("{path}?{}", query.replace('+', "%20")).parse()
        {
            *request.uri_mut() = uri;
        }
        self.0.call(request)
    }
}
