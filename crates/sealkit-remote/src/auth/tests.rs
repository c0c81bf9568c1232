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
    fake::{Answer, Asked, Fake},
};

const TOKEN: &str =
    r#"{"access_token":"s3cret-1","refresh_token":"s3cret-r","token_type":"bearer","expires_in":3600}"#;

fn quiet() -> Notify {
    Arc::new(|notice| panic!("{notice:?}"))
}

fn client_secret() -> Auth {
    Auth::ClientSecret { client_id: "me".into(), secret: ClientSecret(Zeroizing::new("s3cret-c".into())) }
}

/// A server that says that tokens are given by itself, and people come back to `port`.
async fn server(port: u16, answer: impl Fn(&Asked) -> Answer + Send + Sync + 'static) -> Fake {
    Fake::new(move |asked| {
        let at = |path: &str| format!("http://{}{path}", asked.authority);
        match asked.path.as_str() {
            "/flyteidl2.auth.AuthMetadataService/GetOAuth2Metadata" => Answer::message(&OAuth2Metadata {
                authorization_endpoint: at("/allow?tenant=1"),
                token_endpoint: at("/token"),
                scopes_supported: vec!["never".into()],
                device_authorization_endpoint: at("/device"),
            }),
            "/flyteidl2.auth.AuthMetadataService/GetPublicClientConfig" => {
                Answer::message(&PublicClientConfig {
                    client_id: "public".into(),
                    redirect_uri: format!("http://localhost:{port}/callback"),
                    scopes: vec!["all".into(), "offline".into()],
                    authorization_metadata_key: "Flyte-Authorization".into(),
                    audience: "aud".into(),
                })
            }
            _ => answer(asked),
        }
    })
    .await
}

fn authenticator(config: &Config, notify: Notify, dir: Option<&TempDir>) -> Authenticator {
    let cache = dir.map(|dir| Cache::below(dir.path(), &config.endpoint));
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
async fn a_client_shows_its_secret_to_the_token_endpoint_only() {
    let fake = server(1, |_| Answer::Json(200, TOKEN)).await;
    let authenticator = authenticator(&fake.config(client_secret()), quiet(), None);
    assert!(sent(&authenticator).await.is_empty() && fake.asked().is_empty());
    renew(&authenticator).await.unwrap();
    assert_eq!(sent(&authenticator).await, ["flyte-authorization: Bearer s3cret-1"]);
    let asked = fake.asked();
    let paths: Vec<_> = asked.iter().map(|asked| asked.path.rsplit('/').next().unwrap()).collect();
    assert_eq!(paths, ["GetOAuth2Metadata", "GetPublicClientConfig", "token"]);
    assert_eq!(asked[2].body, "grant_type=client_credentials&scope=all+offline&audience=aud");
    assert_eq!(asked[2].header("authorization"), Some("Basic bWU6czNjcmV0LWM="));
    assert!(asked[..2].iter().all(|asked| asked.header("authorization").is_none()));
    assert!(!format!("{authenticator:?}").contains("s3cret"));
}

#[tokio::test]
async fn of_many_calls_that_are_refused_at_once_one_asks() {
    for (answer, well) in
        [(Answer::Json(200, TOKEN), true), (Answer::Json(400, "{\"error\":\"invalid_client\"}"), false)]
    {
        let Answer::Json(status, body) = answer else { unreachable!() };
        let fake = server(1, move |_| {
            std::thread::sleep(Duration::from_millis(50));
            Answer::Json(status, body)
        })
        .await;
        let authenticator = Arc::new(authenticator(&fake.config(client_secret()), quiet(), None));
        let mut calls = tokio::task::JoinSet::new();
        for _ in 0..100 {
            let authenticator = authenticator.clone();
            calls.spawn(async move { renew(&authenticator).await });
        }
        for result in calls.join_all().await {
            assert_eq!(result.is_ok(), well);
            if let Err(error) = result {
                assert!(error.to_string().ends_with("/token` gives no token: invalid_client"), "{error}");
                assert_eq!(error.hint(), Some("are the client's name and its secret right?"));
            }
        }
        assert_eq!(fake.count("/token"), 1);
        // The next one is refused anew.
        assert_eq!(renew(&authenticator).await.is_ok(), well);
        assert_eq!(fake.count("/token"), 2);
    }
}

#[tokio::test]
async fn a_server_of_flyte_1_is_understood() {
    let fake = Fake::new(|asked| match asked.path.as_str() {
        "/flyteidl.service.AuthMetadataService/GetOAuth2Metadata" => Answer::message(&OAuth2Metadata {
            token_endpoint: format!("http://{}/token", asked.authority),
            ..OAuth2Metadata::default()
        }),
        "/flyteidl.service.AuthMetadataService/GetPublicClientConfig" => {
            Answer::message(&PublicClientConfig::default())
        }
        "/token" => Answer::Json(200, r#"{"access_token":"t","expires_in":"60"}"#),
        _ => Answer::Status(12),
    })
    .await;
    let mut config = fake.config(client_secret());
    config.scopes = vec!["'mine'".into()];
    let authenticator = authenticator(&config, quiet(), None);
    renew(&authenticator).await.unwrap();
    assert_eq!(sent(&authenticator).await, ["authorization: Bearer t"]);
    assert_eq!(fake.asked().last().unwrap().body, "grant_type=client_credentials&scope=mine");
}

#[tokio::test]
async fn commands_print_the_token_and_that_of_a_proxy() {
    let command = |text: &str| vec!["echo".to_owned(), text.to_owned()];
    let fake = server(1, |_| Answer::Json(200, TOKEN)).await;
    let mut config = fake.config(Auth::ExternalCommand(command("t")));
    let of_command = authenticator(&config, quiet(), None);
    assert!(sent(&of_command).await.is_empty());
    renew(&of_command).await.unwrap();
    assert_eq!(sent(&of_command).await, ["authorization: Bearer t"]);
    assert!(fake.asked().is_empty());

    config.auth = client_secret();
    config.proxy_command = command("p");
    let behind = authenticator(&config, quiet(), None);
    assert_eq!(sent(&behind).await, ["proxy-authorization: Bearer p"]);
    renew(&behind).await.unwrap();
    let both = ["flyte-authorization: Bearer s3cret-1", "proxy-authorization: Bearer p"];
    assert_eq!(sent(&behind).await, both);
    assert!(fake.asked().iter().all(|asked| asked.header("proxy-authorization") == Some("Bearer p")));
}

#[tokio::test]
async fn a_token_is_wanted_only_where_one_may_help() {
    let fake = server(1, |_| Answer::Json(200, TOKEN)).await;
    let authenticator = authenticator(&fake.config(client_secret()), quiet(), None);
    let before = authenticator.headers().await.unwrap();
    renew(&authenticator).await.unwrap();
    let after = authenticator.headers().await.unwrap();
    let wanted =
        |status: &Status| (authenticator.is_wanted(status, &before), authenticator.is_wanted(status, &after));
    assert_eq!(wanted(&Status::unauthenticated("")), (true, true));
    assert_eq!(wanted(&Status::unknown("")), (true, true));
    assert_eq!(wanted(&Status::permission_denied("")), (true, false));
    assert_eq!(wanted(&Status::unavailable("Unauthorized: who?")), (true, true));
    assert_eq!(wanted(&Status::not_found("")), (false, false));
    assert_eq!(wanted(&Status::from_error(Box::new(std::io::Error::other("unauthorized")))), (false, false));
    let nobody = Authenticator::new(&fake.config(Auth::None), &authenticator.connection, quiet());
    assert!(!nobody.is_wanted(&Status::unknown(""), &before));
    assert!(nobody.is_wanted(&Status::unauthenticated(""), &before));
    let error = renew(&nobody).await.unwrap_err();
    assert!(error.kind() == ErrorKind::Unauthenticated && error.hint().unwrap().contains("`admin.authType`"));
}
