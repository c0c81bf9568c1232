//! Package `flyteidl2.auth`: where tokens come from. Flyte 1 has the same under `flyteidl.service`.

/// Asks for [`OAuth2Metadata`].
#[derive(Clone, Copy, PartialEq, Eq, prost::Message)]
pub struct GetOAuth2MetadataRequest {}

/// The endpoints of the authorization server (RFC 8414).
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct OAuth2Metadata {
    /// Where people allow it.
    #[prost(string, tag = "2")]
    pub authorization_endpoint: String,
    /// Where tokens are given.
    #[prost(string, tag = "3")]
    pub token_endpoint: String,
    /// What may be asked for.
    #[prost(string, repeated, tag = "5")]
    pub scopes_supported: Vec<String>,
    /// Where devices without a browser begin.
    #[prost(string, tag = "10")]
    pub device_authorization_endpoint: String,
}

/// Asks for [`PublicClientConfig`].
#[derive(Clone, Copy, PartialEq, Eq, prost::Message)]
pub struct GetPublicClientConfigRequest {}

/// How a command-line tool takes part.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct PublicClientConfig {
    /// Who it is.
    #[prost(string, tag = "1")]
    pub client_id: String,
    /// Where the browser is sent back to.
    #[prost(string, tag = "2")]
    pub redirect_uri: String,
    /// What it asks for.
    #[prost(string, repeated, tag = "3")]
    pub scopes: Vec<String>,
    /// The header that carries the token.
    #[prost(string, tag = "4")]
    pub authorization_metadata_key: String,
    /// For whom the token is.
    #[prost(string, tag = "6")]
    pub audience: String,
}
