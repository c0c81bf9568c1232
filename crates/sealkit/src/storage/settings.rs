//! The configuration of object stores from environment variables.
//!
//! The variables are those of Flyte's SDK (`flyte/storage/_config.py`), which Flyte sets in every pod
//! (`plugins.k8s.default-env-vars`). Settings without such a variable come from the variables of the store's own tools. Roles of a
//! cloud provider need no variables.

use std::{sync::Arc, time::Duration};

use object_store::{
    BackoffConfig, ObjectStore, RetryConfig,
    aws::{AmazonS3Builder, AmazonS3ConfigKey},
    azure::MicrosoftAzureBuilder,
    gcp::GoogleCloudStorageBuilder,
};

use sealkit_names::variables::storage::{ACCESS_KEY, ADDRESSING, BACKOFF, ENDPOINT, RETRIES, SECRET_KEY};

use super::{
    StorageError,
    client::{Connector, RETRY_TIMEOUT},
};

/// The kind of an object store.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum StoreKind {
    S3,
    Gcs,
    Azure,
}

type Variables = [(String, String)];

impl StoreKind {
    /// Returns a hint that names the variables and roles that configure this kind of store.
    pub(super) fn hint(self) -> &'static str {
        match self {
            Self::S3 => {
                "set FLYTE_AWS_ENDPOINT, FLYTE_AWS_ACCESS_KEY_ID and FLYTE_AWS_SECRET_ACCESS_KEY in the pod, or use AWS_* \
                 variables or the role of its service account"
            }
            Self::Gcs => "set GOOGLE_APPLICATION_CREDENTIALS in the pod, or use its service account",
            Self::Azure => {
                "set AZURE_STORAGE_ACCOUNT_NAME and AZURE_STORAGE_ACCOUNT_KEY in the pod, or AZURE_TENANT_ID, \
                 AZURE_CLIENT_ID and AZURE_CLIENT_SECRET, or use its managed identity"
            }
        }
    }
}

/// Opens the store of `bucket`.
pub(super) fn open(
    scheme: &str,
    bucket: &str,
    variables: &Variables,
) -> Result<(StoreKind, Arc<dyn ObjectStore>), StorageError> {
    let kind = match scheme {
        "s3" | "s3a" => StoreKind::S3,
        "gs" | "gcs" => StoreKind::Gcs,
        _ => StoreKind::Azure,
    };
    // Only Azure has `container@account.host` there.
    let is_name =
        |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c) || (kind == StoreKind::Azure && c == '@');
    if bucket.is_empty() || !bucket.chars().all(is_name) {
        return Err(StorageError {
            message: "missing or invalid bucket name".to_owned(),
            hint: Some(format!("use `{scheme}://BUCKET/PATH`")),
        });
    }
    let retries = retries(variables)?;
    let store: Result<Arc<dyn ObjectStore>, _> = match kind {
        StoreKind::S3 => {
            let builder = s3(bucket, variables)?.with_retry(retries).with_http_connector(Connector);
            builder.build().map(|store| Arc::new(store) as _)
        }
        StoreKind::Gcs => {
            let builder = gcs(bucket, variables).with_retry(retries).with_http_connector(Connector);
            builder.build().map(|store| Arc::new(store) as _)
        }
        StoreKind::Azure => {
            let builder = azure(scheme, bucket, variables);
            let builder = builder.with_retry(retries).with_http_connector(Connector);
            builder.build().map(|store| Arc::new(store) as _)
        }
    };
    // The text of the library's error may contain a value.
    let store = store.map_err(|_| incomplete_settings(kind))?;
    Ok((kind, store))
}

fn incomplete_settings(kind: StoreKind) -> StorageError {
    StorageError {
        message: "missing or invalid settings of its object store in the environment".to_owned(),
        hint: Some(kind.hint().to_owned()),
    }
}

fn get<'a>(variables: &'a Variables, name: &str) -> Option<&'a str> {
    variables.iter().find(|(known, _)| known == name).map(|(_, value)| &**value)
}

/// Returns the variables with `prefix` that are settings of the library, as its keys.
fn native<'a, K: std::str::FromStr>(
    variables: &'a Variables,
    prefix: &'a str,
) -> impl Iterator<Item = (K, &'a String)> {
    let prefixed = variables.iter().filter(move |(name, _)| name.starts_with(prefix));
    prefixed.filter_map(|(name, value)| Some((name.to_ascii_lowercase().parse().ok()?, value)))
}

fn s3(bucket: &str, variables: &Variables) -> Result<AmazonS3Builder, StorageError> {
    let flyte_keys = get(variables, ACCESS_KEY).zip(get(variables, SECRET_KEY));
    let mut builder = AmazonS3Builder::new();
    for (key, value) in native(variables, "AWS_") {
        // A session token belongs to the `AWS_*` keys, so it is ignored with the keys of Flyte.
        if flyte_keys.is_none() || key != AmazonS3ConfigKey::Token {
            builder = builder.with_config(key, value);
        }
    }
    if let Some((access_key, secret_key)) = flyte_keys {
        builder = builder.with_access_key_id(access_key).with_secret_access_key(secret_key);
    }
    let is_virtual = match get(variables, ADDRESSING) {
        None | Some("auto") => None,
        Some("path") => Some(false),
        Some("virtual") => Some(true),
        Some(_) => {
            return Err(StorageError {
                message: format!("invalid {ADDRESSING}: expected `auto`, `path` or `virtual`"),
                hint: None,
            });
        }
    };
    if let Some(is_virtual) = is_virtual {
        builder = builder.with_virtual_hosted_style_request(is_virtual);
    }
    let aws = ["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT"];
    let endpoint = get(variables, ENDPOINT).or_else(|| aws.iter().find_map(|name| get(variables, name)));
    if let Some(endpoint) = endpoint {
        let Some((protocol @ ("http" | "https"), host)) = endpoint.split_once("://") else {
            return Err(StorageError {
                message: "invalid endpoint of the object store: expected an HTTP or HTTPS URL".to_owned(),
                hint: Some(format!("set {ENDPOINT} to a URL such as `http://minio.flyte:9000`")),
            });
        };
        let bucket = if is_virtual == Some(true) { format!("{bucket}.") } else { String::new() };
        let address = format!("{protocol}://{bucket}{}", host.trim_end_matches('/'));
        builder = builder.with_config(AmazonS3ConfigKey::Endpoint, address.clone());
        builder =
            builder.with_config(AmazonS3ConfigKey::S3Endpoint, address).with_allow_http(protocol == "http");
    }
    Ok(builder.with_bucket_name(bucket))
}

fn gcs(bucket: &str, variables: &Variables) -> GoogleCloudStorageBuilder {
    let settings = native(variables, "GOOGLE_");
    let builder = GoogleCloudStorageBuilder::new();
    settings.fold(builder, |builder, (key, value)| builder.with_config(key, value)).with_bucket_name(bucket)
}

/// Configures an Azure store. `abfs://CONTAINER/…` uses the account in the environment; `abfss://CONTAINER@ACCOUNT.dfs.core.windows.net/…`
/// contains the account.
fn azure(scheme: &str, container: &str, variables: &Variables) -> MicrosoftAzureBuilder {
    let settings = native(variables, "AZURE_");
    let builder = MicrosoftAzureBuilder::new();
    let builder = settings.fold(builder, |builder, (key, value)| builder.with_config(key, value));
    if container.contains('@') {
        return builder.with_url(format!("{scheme}://{container}/"));
    }
    builder.with_container_name(container)
}

/// Returns the number and the backoff of retries. The defaults are those of Flyte's SDK.
fn retries(variables: &Variables) -> Result<RetryConfig, StorageError> {
    let times = get(variables, RETRIES).map_or(Ok(3), str::parse);
    let pause = get(variables, BACKOFF).map_or(Ok(5.0), str::parse::<f64>);
    let pause = pause.ok().filter(|pause| pause.is_finite() && *pause >= 0.0);
    let (shortest, longest) = (0.001, 16.0);
    Ok(RetryConfig {
        max_retries: times.map_err(|_| not_a_number(RETRIES, "retries"))?,
        // The library cannot choose a pause outside these bounds.
        backoff: BackoffConfig {
            init_backoff: Duration::from_secs_f64(
                pause.ok_or_else(|| not_a_number(BACKOFF, "seconds"))?.clamp(shortest, longest),
            ),
            max_backoff: Duration::from_secs_f64(longest),
            base: 2.0,
        },
        retry_timeout: RETRY_TIMEOUT,
    })
}

fn not_a_number(name: &str, unit: &str) -> StorageError {
    StorageError { message: format!("invalid {name}: expected a number of {unit}"), hint: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variables(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn every_scheme_opens_its_store() {
        let azure = [("AZURE_STORAGE_ACCOUNT_NAME", "acc"), ("AZURE_STORAGE_ACCOUNT_KEY", "a2V5")];
        for (scheme, bucket, settings, store) in [
            ("s3", "b", &[][..], "AmazonS3(b)"),
            ("s3a", "b.c", &[][..], "AmazonS3(b.c)"),
            ("gs", "b", &[][..], "GoogleCloudStorage(b)"),
            ("gcs", "b", &[][..], "GoogleCloudStorage(b)"),
            ("az", "c", &azure[..], "MicrosoftAzure { account: acc, container: c }"),
            ("abfs", "c", &azure[..], "MicrosoftAzure { account: acc, container: c }"),
            (
                "abfss",
                "c@other.dfs.core.windows.net",
                &azure[1..],
                "MicrosoftAzure { account: other, container: c }",
            ),
        ] {
            let opened = open(scheme, bucket, &variables(settings)).map(|(_, store)| store.to_string());
            assert_eq!(opened.unwrap(), store, "{scheme}://{bucket}");
        }
        assert_eq!(
            open("abfs", "c", &[]).unwrap_err().message,
            "missing or invalid settings of its object store in the environment"
        );
        for bucket in ["", "a b", "user:password@host", "b?x"] {
            assert_eq!(
                open("s3", bucket, &[]).unwrap_err().message,
                "missing or invalid bucket name",
                "{bucket}"
            );
        }
    }

    fn s3_of(pairs: &[(&str, &str)]) -> [Option<String>; 6] {
        use AmazonS3ConfigKey::{
            AccessKeyId, Endpoint, Region, SecretAccessKey, Token, VirtualHostedStyleRequest,
        };
        let builder = s3("b", &variables(pairs)).unwrap();
        [Endpoint, AccessKeyId, SecretAccessKey, Token, Region, VirtualHostedStyleRequest]
            .map(|key| builder.get_config_value(&key))
    }

    #[test]
    fn the_variables_of_flyte_take_precedence_over_those_of_aws() {
        let text = |text: &str| Some(text.to_owned());
        let aws = [
            ("AWS_ENDPOINT_URL", "https://aws"),
            ("AWS_ACCESS_KEY_ID", "aws"),
            ("AWS_SECRET_ACCESS_KEY", "aws secret"),
            ("AWS_SESSION_TOKEN", "aws token"),
            ("AWS_REGION", "eu-west-1"),
        ];
        let from_aws = [
            text("https://aws"),
            text("aws"),
            text("aws secret"),
            text("aws token"),
            text("eu-west-1"),
            text("false"),
        ];
        assert_eq!(s3_of(&aws), from_aws);
        let flyte = [(ENDPOINT, "http://minio:9000/"), (ACCESS_KEY, "flyte"), (SECRET_KEY, "flyte secret")];
        let from_flyte =
            [text("http://minio:9000"), text("flyte"), text("flyte secret"), None, None, text("false")];
        assert_eq!(s3_of(&flyte), from_flyte);
        let both = [&aws[..], &flyte[..]].concat();
        assert_eq!(s3_of(&both)[..4], from_flyte[..4]);
        // One key without the other is ignored.
        assert_eq!(s3_of(&[&aws[..], &[(ACCESS_KEY, "flyte")]].concat()), from_aws);
        let hosted = [&flyte[..], &[(ADDRESSING, "virtual")]].concat();
        assert_eq!(s3_of(&hosted)[0], text("http://b.minio:9000"));
        assert_eq!(s3_of(&hosted)[5], text("true"));
    }

    #[test]
    fn errors_name_invalid_settings_and_never_show_their_values() {
        for (name, value, message) in [
            (
                ADDRESSING,
                "invalid",
                "invalid FLYTE_AWS_S3_ADDRESSING_STYLE: expected `auto`, `path` or `virtual`",
            ),
            (ENDPOINT, "invalid", "invalid endpoint of the object store: expected an HTTP or HTTPS URL"),
            (RETRIES, "invalid", "invalid FLYTE_STORAGE_RETRIES: expected a number of retries"),
            (BACKOFF, "-1", "invalid FLYTE_STORAGE_BACKOFF_SECONDS: expected a number of seconds"),
            (BACKOFF, "inf", "invalid FLYTE_STORAGE_BACKOFF_SECONDS: expected a number of seconds"),
        ] {
            assert_eq!(open("s3", "b", &variables(&[(name, value)])).unwrap_err().message, message);
        }
        let custom = retries(&variables(&[(RETRIES, "7"), (BACKOFF, "1000")])).unwrap();
        assert_eq!((custom.max_retries, custom.backoff.init_backoff), (7, Duration::from_secs(16)));
        let default = retries(&[]).unwrap();
        assert_eq!((default.max_retries, default.backoff.init_backoff), (3, Duration::from_secs(5)));
    }
}
