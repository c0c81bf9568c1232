//! The OAuth 2 metadata that a server publishes without authentication.

use std::time::Duration;

use hyper::{Uri, http::uri::PathAndQuery};
use sealkit_idl::{
    auth::{GetOAuth2MetadataRequest, GetPublicClientConfigRequest, OAuth2Metadata, PublicClientConfig},
    prost::Message,
    service::{AUTH_METADATA, LEGACY_AUTH_METADATA},
};
use tokio::time::timeout;
use tonic::{Code, Request, Status, client::Grpc, metadata::AsciiMetadataKey};
use tonic_prost::ProstCodec;

use super::Authenticator;
use crate::{
    connection::{Channel, endpoint_of, transport_error},
    endpoint::is_loopback,
    error::{Error, ErrorKind, Result, escape},
};

/// How long the server may take to respond.
const TIMEOUT: Duration = Duration::from_secs(30);

/// The endpoints and parameters for requesting tokens.
#[derive(Debug)]
pub(super) struct AuthMetadata {
    pub(super) token_endpoint: String,
    pub(super) authorization_endpoint: String,
    pub(super) device_endpoint: String,
    pub(super) redirect_uri: String,
    pub(super) client_id: String,
    /// The scopes, separated by spaces.
    pub(super) scope: String,
    pub(super) audience: String,
    pub(super) header: AsciiMetadataKey,
}

impl AuthMetadata {
    /// Fetches the metadata from the service of Flyte 2 or, if the server lacks it, from that of Flyte 1.
    pub(super) async fn fetch(authenticator: &Authenticator) -> Result<Self> {
        let channel = authenticator.connection.channel(&authenticator.config.endpoint)?;
        let mut messages = fetch_from(authenticator, &channel, AUTH_METADATA).await;
        if messages.as_ref().is_err_and(is_unsupported) {
            messages = fetch_from(authenticator, &channel, LEGACY_AUTH_METADATA).await;
        }
        let (server, client) = messages.map_err(|status| fetch_error(authenticator, &status))?;
        Self::new(authenticator, server, client)
    }

    fn new(
        authenticator: &Authenticator,
        server: OAuth2Metadata,
        client: PublicClientConfig,
    ) -> Result<Self> {
        let config = &authenticator.config;
        let header = match client.authorization_metadata_key.trim() {
            "" => "authorization".to_owned(),
            name => name.to_ascii_lowercase(),
        };
        let header = AsciiMetadataKey::from_bytes(header.as_bytes()).map_err(|_| {
            invalid_metadata(authenticator, &format!("`{}` is not a header name", escape(&header)))
        })?;
        let scopes = if config.scopes.is_empty() { client.scopes } else { config.scopes.clone() };
        // Some servers are configured with a quoted list as the scopes.
        let scopes: Vec<_> = scopes.iter().map(|scope| scope.trim_matches(['\'', ' '])).collect();
        let metadata = Self {
            token_endpoint: server.token_endpoint,
            authorization_endpoint: server.authorization_endpoint,
            device_endpoint: server.device_authorization_endpoint,
            redirect_uri: client.redirect_uri,
            client_id: client.client_id,
            scope: scopes.join(" ").trim_matches(['[', ']', '\'']).to_owned(),
            audience: client.audience,
            header,
        };
        check_url(authenticator, "token endpoint", &metadata.token_endpoint)?;
        Ok(metadata)
    }
}

/// Checks that secrets may be sent to a URL from the server. `name` says what the URL is for.
pub(super) fn check_url(authenticator: &Authenticator, name: &str, url: &str) -> Result<()> {
    let server = url.parse::<Uri>().ok().as_ref().and_then(endpoint_of);
    let Some(server) = server.filter(|_| url.bytes().all(|c| c.is_ascii_graphic())) else {
        let problem = format!("{name} `{}` is not an HTTP URL", escape(url));
        return Err(invalid_metadata(authenticator, &problem));
    };
    if server.insecure && !authenticator.config.endpoint.insecure && !is_loopback(&server.host) {
        return Err(invalid_metadata(authenticator, &format!("{name} `{server}` does not use TLS")));
    }
    Ok(())
}

/// Returns the error for metadata that cannot be used.
pub(super) fn invalid_metadata(authenticator: &Authenticator, problem: &str) -> Error {
    let message =
        format!("invalid authentication settings of `{}`: {problem}", authenticator.config.endpoint);
    Error::new(ErrorKind::Server, message)
        .with_hint("ask your cluster administrator, or set `admin.authType: ExternalCommand`")
}

async fn fetch_from(
    authenticator: &Authenticator,
    channel: &Channel,
    service: &str,
) -> Result<(OAuth2Metadata, PublicClientConfig), Status> {
    let request = GetOAuth2MetadataRequest {};
    let server = call(authenticator, channel, service, "GetOAuth2Metadata", request).await?;
    let request = GetPublicClientConfigRequest {};
    let client = call(authenticator, channel, service, "GetPublicClientConfig", request).await?;
    Ok((server, client))
}

async fn call<Q, A>(
    authenticator: &Authenticator,
    channel: &Channel,
    service: &str,
    method: &str,
    message: Q,
) -> Result<A, Status>
where
    Q: Message + Send + Sync + 'static,
    A: Message + Default + Send + Sync + 'static,
{
    let path = PathAndQuery::try_from(format!("/{service}/{method}"))
        .map_err(|_| Status::internal("invalid method path"))?;
    let mut grpc = Grpc::new(channel.clone()).max_decoding_message_size(1 << 20);
    let mut request = Request::new(message);
    if let Some(proxy) = &authenticator.credentials().proxy {
        request.metadata_mut().insert("proxy-authorization", proxy.clone());
    }
    let response = async {
        grpc.ready().await.map_err(|error| Status::from_error(error.into()))?;
        grpc.unary(request, path, ProstCodec::<Q, A>::default()).await
    };
    let timed_out =
        |_| Status::deadline_exceeded(format!("no response within {} seconds", TIMEOUT.as_secs()));
    Ok(timeout(TIMEOUT, response).await.map_err(timed_out)??.into_inner())
}

fn is_unsupported(status: &Status) -> bool {
    matches!(status.code(), Code::Unimplemented | Code::NotFound)
}

fn fetch_error(authenticator: &Authenticator, status: &Status) -> Error {
    let config = &authenticator.config;
    if std::error::Error::source(status).is_some() {
        return transport_error(status, &config.endpoint, &config.origin);
    }
    let server = format!("`{}` (from `{}`)", config.endpoint, config.origin);
    if is_unsupported(status) {
        let message = format!("{server} requires authentication, but publishes no OAuth 2 metadata");
        return Error::new(ErrorKind::Unimplemented, message)
            .with_hint("ask your cluster administrator, or set `admin.authType: ExternalCommand`");
    }
    let kind = match status.code() {
        Code::DeadlineExceeded => ErrorKind::Unreachable,
        _ => ErrorKind::Server,
    };
    let message = format!("cannot fetch the OAuth 2 metadata of {server}: {}", escape(status.message()));
    Error::new(kind, message).with_hint("check that this is the API endpoint, not the console")
}
