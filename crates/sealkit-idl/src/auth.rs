//! Package `flyteidl2.auth`: OAuth metadata. Flyte 1 has the same messages in package `flyteidl.service`.

/// The request for [`OAuth2Metadata`].
#[derive(Clone, Copy, PartialEq, Eq, prost::Message)]
pub struct GetOAuth2MetadataRequest {}

/// The metadata of the authorization server (RFC 8414).
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct OAuth2Metadata {
    /// The authorization endpoint.
    #[prost(string, tag = "2")]
    pub authorization_endpoint: String,
    /// The token endpoint.
    #[prost(string, tag = "3")]
    pub token_endpoint: String,
    /// The supported scopes.
    #[prost(string, repeated, tag = "5")]
    pub scopes_supported: Vec<String>,
    /// The device authorization endpoint (RFC 8628).
    #[prost(string, tag = "10")]
    pub device_authorization_endpoint: String,
}

/// The request for [`PublicClientConfig`].
#[derive(Clone, Copy, PartialEq, Eq, prost::Message)]
pub struct GetPublicClientConfigRequest {}

/// The OAuth client configuration for command-line tools.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct PublicClientConfig {
    /// The client ID.
    #[prost(string, tag = "1")]
    pub client_id: String,
    /// The redirect URI.
    #[prost(string, tag = "2")]
    pub redirect_uri: String,
    /// The scopes to request.
    #[prost(string, repeated, tag = "3")]
    pub scopes: Vec<String>,
    /// The name of the header that carries the token.
    #[prost(string, tag = "4")]
    pub authorization_metadata_key: String,
    /// The audience of the token.
    #[prost(string, tag = "6")]
    pub audience: String,
}
