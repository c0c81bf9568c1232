//! Where tokens come from, as the server tells everybody.

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
    connection::{Channel, explain, is_here, server_of},
    error::{Error, ErrorKind, Result, shown},
};

/// How long it may take to tell.
const ANSWER: std::time::Duration = std::time::Duration::from_secs(30);

/// Where tokens come from.
#[derive(Debug)]
pub(super) struct Metadata {
    pub(super) token_endpoint: String,
    pub(super) authorization_endpoint: String,
    pub(super) device_endpoint: String,
    pub(super) redirect_uri: String,
    pub(super) client_id: String,
    /// Joined by spaces.
    pub(super) scope: String,
    pub(super) audience: String,
    pub(super) header: AsciiMetadataKey,
}

impl Metadata {
    /// Asks the server, in the words of Flyte 2 and, if it does not understand, in those of Flyte 1.
    pub(super) async fn ask(asker: &Authenticator) -> Result<Self> {
        let channel = asker.connection.channel(&asker.config.endpoint)?;
        match both(asker, &channel, AUTH_METADATA).await {
            Err(status) if is_unknown(&status) => match both(asker, &channel, LEGACY_AUTH_METADATA).await {
                Err(status) => Err(told(asker, &status)),
                Ok((server, client)) => Self::checked(asker, server, client),
            },
            Err(status) => Err(told(asker, &status)),
            Ok((server, client)) => Self::checked(asker, server, client),
        }
    }

    fn checked(asker: &Authenticator, server: OAuth2Metadata, client: PublicClientConfig) -> Result<Self> {
        let config = &asker.config;
        let header = match client.authorization_metadata_key.trim() {
            "" => "authorization".to_owned(),
            name => name.to_ascii_lowercase(),
        };
        let header = AsciiMetadataKey::from_bytes(header.as_bytes()).map_err(|_| {
            wrong(asker, &format!("tokens are sent in `{}`, which is no header", shown(&header)))
        })?;
        let scopes = if config.scopes.is_empty() { client.scopes } else { config.scopes.clone() };
        // Some are written down with the quotes of a list.
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
        check_url(asker, "tokens are given", &metadata.token_endpoint)?;
        Ok(metadata)
    }
}

/// Whether secrets may be sent to a URL of the server.
pub(super) fn check_url(asker: &Authenticator, what: &str, url: &str) -> Result<()> {
    let place = url.parse::<Uri>().ok().as_ref().and_then(server_of);
    let Some(place) = place.filter(|_| url.bytes().all(|c| c.is_ascii_graphic())) else {
        return Err(wrong(asker, &format!("{what} at `{}`, which is no URL", shown(url))));
    };
    if place.insecure && !asker.config.endpoint.insecure && !is_here(&place.host) {
        return Err(wrong(asker, &format!("{what} at `{place}`, where everybody can listen")));
    }
    Ok(())
}

/// The server says what makes no sense.
pub(super) fn wrong(asker: &Authenticator, what: &str) -> Error {
    let message = format!("`{}` says that {what}", asker.config.endpoint);
    Error::new(ErrorKind::Server, message)
        .with_hint("ask who runs it, or set `admin.authType: ExternalCommand`")
}

async fn both(
    asker: &Authenticator,
    channel: &Channel,
    service: &str,
) -> Result<(OAuth2Metadata, PublicClientConfig), Status> {
    let server = call(asker, channel, service, "GetOAuth2Metadata", GetOAuth2MetadataRequest {}).await?;
    let client =
        call(asker, channel, service, "GetPublicClientConfig", GetPublicClientConfigRequest {}).await?;
    Ok((server, client))
}

async fn call<Q, A>(
    asker: &Authenticator,
    channel: &Channel,
    service: &str,
    method: &str,
    ask: Q,
) -> Result<A, Status>
where
    Q: Message + Send + Sync + 'static,
    A: Message + Default + Send + Sync + 'static,
{
    let path = PathAndQuery::try_from(format!("/{service}/{method}"))
        .map_err(|_| Status::internal("the path of the method is wrong"))?;
    let mut grpc = Grpc::new(channel.clone()).max_decoding_message_size(1 << 20);
    let mut request = Request::new(ask);
    if let Some(proxy) = &asker.held().proxy {
        request.metadata_mut().insert("proxy-authorization", proxy.clone());
    }
    let answer = async {
        grpc.ready().await.map_err(|error| Status::from_error(error.into()))?;
        grpc.unary(request, path, ProstCodec::<Q, A>::default()).await
    };
    let late = |_| Status::deadline_exceeded(format!("no answer within {} seconds", ANSWER.as_secs()));
    Ok(timeout(ANSWER, answer).await.map_err(late)??.into_inner())
}

fn is_unknown(status: &Status) -> bool {
    matches!(status.code(), Code::Unimplemented | Code::NotFound)
}

fn told(asker: &Authenticator, status: &Status) -> Error {
    let config = &asker.config;
    if std::error::Error::source(status).is_some() {
        return explain(status, &config.endpoint, &config.origin);
    }
    let place = format!("`{}` (of `{}`)", config.endpoint, config.origin);
    if is_unknown(status) {
        let message = format!("{place} wants to know who asks, but does not say where tokens come from");
        return Error::new(ErrorKind::Unimplemented, message)
            .with_hint("ask who runs it, or set `admin.authType: ExternalCommand`");
    }
    let kind = match status.code() {
        Code::DeadlineExceeded => ErrorKind::Unreachable,
        _ => ErrorKind::Server,
    };
    Error::new(kind, format!("{place} does not say where tokens come from: {}", shown(status.message())))
        .with_hint("is it the address of the API, and not of the console?")
}
