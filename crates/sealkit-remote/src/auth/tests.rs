mod browser;
mod device;
mod faults;

use std::{sync::atomic::AtomicUsize, time::Duration};

use sealkit_idl::auth::{OAuth2Metadata, PublicClientConfig};
use tempfile::TempDir;
use zeroize::Zeroizing;

use super::*;
use crate::{
    config::ClientSecret,
    test_server::{ReceivedRequest, TestResponse, TestServer},
};

const TOKEN: &str =
    r#"{"access_token":"s3cret-1","refresh_token":"s3cret-r","token_type":"bearer","expires_in":3600}"#;

fn no_notice() -> Notify {
    Arc::new(|notice| panic!("{notice:?}"))
}

fn client_secret() -> AuthMethod {
    AuthMethod::ClientSecret {
        client_id: "me".into(),
        secret: ClientSecret(Zeroizing::new("s3cret-c".into())),
    }
}

/// Starts a server whose OAuth 2 metadata names itself, and a redirect URI with `port`.
async fn oauth_server(
    port: u16,
    respond: impl Fn(&ReceivedRequest) -> TestResponse + Send + Sync + 'static,
) -> TestServer {
    TestServer::new(move |request| {
        let at = |path: &str| format!("http://{}{path}", request.authority);
        match request.path.as_str() {
            "/flyteidl2.auth.AuthMetadataService/GetOAuth2Metadata" => {
                TestResponse::message(&OAuth2Metadata {
                    authorization_endpoint: at("/allow?tenant=1"),
                    token_endpoint: at("/token"),
                    scopes_supported: vec!["never".into()],
                    device_authorization_endpoint: at("/device"),
                })
            }
            "/flyteidl2.auth.AuthMetadataService/GetPublicClientConfig" => {
                TestResponse::message(&PublicClientConfig {
                    client_id: "public".into(),
                    redirect_uri: format!("http://localhost:{port}/callback"),
                    scopes: vec!["all".into(), "offline".into()],
                    authorization_metadata_key: "Flyte-Authorization".into(),
                    audience: "aud".into(),
                })
            }
            _ => respond(request),
        }
    })
    .await
}

fn authenticator(config: &Config, notify: Notify, dir: Option<&TempDir>) -> Authenticator {
    let cache = dir.map(|dir| TokenCache::in_directory(dir.path(), &config.endpoint));
    Authenticator::with_cache(config, &Connection::new(config).unwrap(), notify, cache)
}

async fn sent(authenticator: &Authenticator) -> Vec<String> {
    let mut metadata = MetadataMap::new();
    authenticator.headers().await.unwrap().add_to(&mut metadata);
    let headers = metadata.into_headers();
    assert!(headers.values().all(hyper::header::HeaderValue::is_sensitive));
    headers.iter().map(|(name, value)| format!("{name}: {}", value.to_str().unwrap())).collect()
}

async fn renew(authenticator: &Authenticator) -> Result<()> {
    let headers = authenticator.headers().await?;
    authenticator.renew(&headers).await
}

fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

#[tokio::test]
async fn a_client_secret_is_sent_only_to_the_token_endpoint() {
    let server = oauth_server(1, |_| TestResponse::Json(200, TOKEN)).await;
    let authenticator = authenticator(&server.config(client_secret()), no_notice(), None);
    assert!(sent(&authenticator).await.is_empty() && server.requests().is_empty());
    renew(&authenticator).await.unwrap();
    assert_eq!(sent(&authenticator).await, ["flyte-authorization: Bearer s3cret-1"]);
    let requests = server.requests();
    let paths: Vec<_> = requests.iter().map(|request| request.path.rsplit('/').next().unwrap()).collect();
    assert_eq!(paths, ["GetOAuth2Metadata", "GetPublicClientConfig", "token"]);
    assert_eq!(requests[2].body, "grant_type=client_credentials&scope=all+offline&audience=aud");
    assert_eq!(requests[2].header("authorization"), Some("Basic bWU6czNjcmV0LWM="));
    assert!(requests[..2].iter().all(|request| request.header("authorization").is_none()));
    assert!(!format!("{authenticator:?}").contains("s3cret"));
}

#[tokio::test]
async fn concurrent_calls_share_one_token_request() {
    for (response, succeeds) in [
        (TestResponse::Json(200, TOKEN), true),
        (TestResponse::Json(400, "{\"error\":\"invalid_client\"}"), false),
    ] {
        let TestResponse::Json(status, body) = response else { unreachable!() };
        let server = oauth_server(1, move |_| {
            std::thread::sleep(Duration::from_millis(50));
            TestResponse::Json(status, body)
        })
        .await;
        let authenticator = Arc::new(authenticator(&server.config(client_secret()), no_notice(), None));
        let mut calls = tokio::task::JoinSet::new();
        for _ in 0..100 {
            let authenticator = authenticator.clone();
            calls.spawn(async move { renew(&authenticator).await });
        }
        for result in calls.join_all().await {
            assert_eq!(result.is_ok(), succeeds);
            if let Err(error) = result {
                assert!(error.to_string().ends_with("/token`: invalid_client"), "{error}");
                assert_eq!(error.hint(), Some("check the client ID and the client secret"));
            }
        }
        assert_eq!(server.count("/token"), 1);
        // A later call makes a new request.
        assert_eq!(renew(&authenticator).await.is_ok(), succeeds);
        assert_eq!(server.count("/token"), 2);
    }
}

#[tokio::test]
async fn the_metadata_service_of_flyte_1_is_supported() {
    let server = TestServer::new(|request| match request.path.as_str() {
        "/flyteidl.service.AuthMetadataService/GetOAuth2Metadata" => TestResponse::message(&OAuth2Metadata {
            token_endpoint: format!("http://{}/token", request.authority),
            ..OAuth2Metadata::default()
        }),
        "/flyteidl.service.AuthMetadataService/GetPublicClientConfig" => {
            TestResponse::message(&PublicClientConfig::default())
        }
        "/token" => TestResponse::Json(200, r#"{"access_token":"t","expires_in":"60"}"#),
        _ => TestResponse::Status(12),
    })
    .await;
    let mut config = server.config(client_secret());
    config.scopes = vec!["'mine'".into()];
    let authenticator = authenticator(&config, no_notice(), None);
    renew(&authenticator).await.unwrap();
    assert_eq!(sent(&authenticator).await, ["authorization: Bearer t"]);
    assert_eq!(server.requests().last().unwrap().body, "grant_type=client_credentials&scope=mine");
}

#[tokio::test]
async fn external_commands_print_the_tokens_of_the_server_and_the_proxy() {
    let command = |text: &str| vec!["echo".to_owned(), text.to_owned()];
    let server = oauth_server(1, |_| TestResponse::Json(200, TOKEN)).await;
    let mut config = server.config(AuthMethod::ExternalCommand(command("t")));
    let with_command = authenticator(&config, no_notice(), None);
    assert!(sent(&with_command).await.is_empty());
    renew(&with_command).await.unwrap();
    assert_eq!(sent(&with_command).await, ["authorization: Bearer t"]);
    assert!(server.requests().is_empty());

    config.auth = client_secret();
    config.proxy_command = command("p");
    let behind_proxy = authenticator(&config, no_notice(), None);
    assert_eq!(sent(&behind_proxy).await, ["proxy-authorization: Bearer p"]);
    renew(&behind_proxy).await.unwrap();
    let both = ["flyte-authorization: Bearer s3cret-1", "proxy-authorization: Bearer p"];
    assert_eq!(sent(&behind_proxy).await, both);
    assert!(
        server.requests().iter().all(|request| request.header("proxy-authorization") == Some("Bearer p"))
    );
}

#[tokio::test]
async fn a_token_is_requested_only_for_statuses_that_it_may_resolve() {
    let server = oauth_server(1, |_| TestResponse::Json(200, TOKEN)).await;
    let authenticator = authenticator(&server.config(client_secret()), no_notice(), None);
    let before = authenticator.headers().await.unwrap();
    renew(&authenticator).await.unwrap();
    let after = authenticator.headers().await.unwrap();
    let should_authenticate = |status: &Status| {
        (
            authenticator.should_authenticate(status, &before),
            authenticator.should_authenticate(status, &after),
        )
    };
    assert_eq!(should_authenticate(&Status::unauthenticated("")), (true, true));
    assert_eq!(should_authenticate(&Status::unknown("")), (true, true));
    assert_eq!(should_authenticate(&Status::permission_denied("")), (true, false));
    assert_eq!(should_authenticate(&Status::unavailable("Unauthorized: who?")), (true, true));
    assert_eq!(should_authenticate(&Status::not_found("")), (false, false));
    assert_eq!(
        should_authenticate(&Status::from_error(Box::new(std::io::Error::other("unauthorized")))),
        (false, false)
    );
    let anonymous =
        Authenticator::new(&server.config(AuthMethod::None), &authenticator.connection, no_notice());
    assert!(!anonymous.should_authenticate(&Status::unknown(""), &before));
    assert!(anonymous.should_authenticate(&Status::unauthenticated(""), &before));
    let error = renew(&anonymous).await.unwrap_err();
    assert!(error.kind() == ErrorKind::Unauthenticated && error.hint().unwrap().contains("`admin.authType`"));
}
