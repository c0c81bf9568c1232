//! Which store a URI means, as the environment describes it.
//!
//! The variables are those of Flyte's SDK (`flyte/storage/_config.py`), and for whatever they leave open those of the store's own
//! tools. Flyte sets the former in every pod (`plugins.k8s.default-env-vars`); roles of the cloud need none.

use std::{sync::Arc, time::Duration};

use object_store::{
    BackoffConfig, ObjectStore, RetryConfig,
    aws::{AmazonS3Builder, AmazonS3ConfigKey},
    azure::MicrosoftAzureBuilder,
    gcp::GoogleCloudStorageBuilder,
};

use super::{Refusal, client::Connector};

const ENDPOINT: &str = "FLYTE_AWS_ENDPOINT";
const ACCESS_KEY: &str = "FLYTE_AWS_ACCESS_KEY_ID";
const SECRET_KEY: &str = "FLYTE_AWS_SECRET_ACCESS_KEY";
const ADDRESSING: &str = "FLYTE_AWS_S3_ADDRESSING_STYLE";
const RETRIES: &str = "FLYTE_STORAGE_RETRIES";
const BACKOFF: &str = "FLYTE_STORAGE_BACKOFF_SECONDS";

/// The kinds of stores.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Kind {
    S3,
    Gcs,
    Azure,
}

type Variables = [(String, String)];

impl Kind {
    /// Where a store of this kind is described, for whoever has to mend that.
    pub(super) fn hint(self) -> &'static str {
        match self {
            Self::S3 => {
                "a pod takes its store from FLYTE_AWS_ENDPOINT, FLYTE_AWS_ACCESS_KEY_ID and FLYTE_AWS_SECRET_ACCESS_KEY, \
                 or from AWS_* and the role of its service account"
            }
            Self::Gcs => {
                "a pod takes its credentials from GOOGLE_APPLICATION_CREDENTIALS, or from its service account"
            }
            Self::Azure => {
                "a pod takes its store from AZURE_STORAGE_ACCOUNT_NAME and AZURE_STORAGE_ACCOUNT_KEY, or from \
                 AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET, or from its managed identity"
            }
        }
    }
}

/// The store that `bucket` is in.
pub(super) fn open(
    scheme: &str,
    bucket: &str,
    variables: &Variables,
) -> Result<(Kind, Arc<dyn ObjectStore>), Refusal> {
    let kind = match scheme {
        "s3" | "s3a" => Kind::S3,
        "gs" | "gcs" => Kind::Gcs,
        _ => Kind::Azure,
    };
    let wrong = |message: &str| Refusal { message: message.to_owned(), hint: Some(kind.hint().to_owned()) };
    // Azure alone has `container@account.host` there.
    let is_name =
        |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c) || (kind == Kind::Azure && c == '@');
    if bucket.is_empty() || !bucket.chars().all(is_name) {
        return Err(Refusal {
            message: "it names no bucket".to_owned(),
            hint: Some(format!("write `{scheme}://BUCKET/PATH`")),
        });
    }
    let retries = retries(variables)?;
    let store: Result<Arc<dyn ObjectStore>, _> = match kind {
        Kind::S3 => {
            let builder = s3(bucket, variables)?.with_retry(retries).with_http_connector(Connector);
            builder.build().map(|store| Arc::new(store) as _)
        }
        Kind::Gcs => {
            let builder = gcs(bucket, variables).with_retry(retries).with_http_connector(Connector);
            builder.build().map(|store| Arc::new(store) as _)
        }
        Kind::Azure => {
            let builder = azure(scheme, bucket, variables);
            let builder = builder.with_retry(retries).with_http_connector(Connector);
            builder.build().map(|store| Arc::new(store) as _)
        }
    };
    // What the library says may repeat a value.
    let store = store
        .map_err(|_| wrong("the environment does not say, or says wrongly, how its store is reached"))?;
    Ok((kind, store))
}

fn get<'a>(variables: &'a Variables, name: &str) -> Option<&'a str> {
    variables.iter().find(|(known, _)| known == name).map(|(_, value)| &**value)
}

/// The settings among `variables` that begin with `prefix`, as the library calls them.
fn native<'a, K: std::str::FromStr>(
    variables: &'a Variables,
    prefix: &'a str,
) -> impl Iterator<Item = (K, &'a String)> {
    let theirs = variables.iter().filter(move |(name, _)| name.starts_with(prefix));
    theirs.filter_map(|(name, value)| Some((name.to_ascii_lowercase().parse().ok()?, value)))
}

fn s3(bucket: &str, variables: &Variables) -> Result<AmazonS3Builder, Refusal> {
    let own = get(variables, ACCESS_KEY).zip(get(variables, SECRET_KEY));
    let mut builder = AmazonS3Builder::new();
    for (key, value) in native(variables, "AWS_") {
        // A token belongs to the keys that it came with.
        if own.is_none() || key != AmazonS3ConfigKey::Token {
            builder = builder.with_config(key, value);
        }
    }
    if let Some((access_key, secret_key)) = own {
        builder = builder.with_access_key_id(access_key).with_secret_access_key(secret_key);
    }
    let is_virtual = match get(variables, ADDRESSING) {
        None | Some("auto") => None,
        Some("path") => Some(false),
        Some("virtual") => Some(true),
        Some(_) => {
            return Err(Refusal {
                message: format!("{ADDRESSING} says neither `auto` nor `path` nor `virtual`"),
                hint: None,
            });
        }
    };
    if let Some(is_virtual) = is_virtual {
        builder = builder.with_virtual_hosted_style_request(is_virtual);
    }
    let theirs = ["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT"];
    let endpoint = get(variables, ENDPOINT).or_else(|| theirs.iter().find_map(|name| get(variables, name)));
    if let Some(endpoint) = endpoint {
        let Some((protocol @ ("http" | "https"), host)) = endpoint.split_once("://") else {
            return Err(Refusal {
                message: "the endpoint of the store is no address of HTTP".to_owned(),
                hint: Some(format!("{ENDPOINT} is like `http://minio.flyte:9000`")),
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

/// `abfs://CONTAINER/…` is of the account that the environment names; `abfss://CONTAINER@ACCOUNT.dfs.core.windows.net/…` names it.
fn azure(scheme: &str, container: &str, variables: &Variables) -> MicrosoftAzureBuilder {
    let settings = native(variables, "AZURE_");
    let builder = MicrosoftAzureBuilder::new();
    let builder = settings.fold(builder, |builder, (key, value)| builder.with_config(key, value));
    if container.contains('@') {
        return builder.with_url(format!("{scheme}://{container}/"));
    }
    builder.with_container_name(container)
}

/// How often and how soon is tried again, by default as Flyte's SDK does it.
fn retries(variables: &Variables) -> Result<RetryConfig, Refusal> {
    let wrong = |name: &str, example: &str| Refusal {
        message: format!("{name} is no number of {example}"),
        hint: None,
    };
    let times = get(variables, RETRIES).map_or(Ok(3), str::parse);
    let pause = get(variables, BACKOFF).map_or(Ok(5.0), str::parse::<f64>);
    let pause = pause.ok().filter(|pause| pause.is_finite() && *pause >= 0.0);
    let (shortest, longest) = (0.001, 16.0);
    Ok(RetryConfig {
        max_retries: times.map_err(|_| wrong(RETRIES, "retries"))?,
        // Outside of these the library has no pause to choose from.
        backoff: BackoffConfig {
            init_backoff: Duration::from_secs_f64(
                pause.ok_or_else(|| wrong(BACKOFF, "seconds"))?.clamp(shortest, longest),
            ),
            max_backoff: Duration::from_secs_f64(longest),
            base: 2.0,
        },
        retry_timeout: Duration::from_secs(60),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variables(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn every_scheme_has_its_store() {
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
            "the environment does not say, or says wrongly, how its store is reached"
        );
        for bucket in ["", "a b", "user:password@host", "b?x"] {
            assert_eq!(open("s3", bucket, &[]).unwrap_err().message, "it names no bucket", "{bucket}");
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
    fn flytes_variables_come_before_those_of_aws() {
        let text = |text: &str| Some(text.to_owned());
        let aws = [
            ("AWS_ENDPOINT_URL", "https://aws"),
            ("AWS_ACCESS_KEY_ID", "theirs"),
            ("AWS_SECRET_ACCESS_KEY", "their secret"),
            ("AWS_SESSION_TOKEN", "their token"),
            ("AWS_REGION", "eu-west-1"),
        ];
        let theirs = [
            text("https://aws"),
            text("theirs"),
            text("their secret"),
            text("their token"),
            text("eu-west-1"),
            text("false"),
        ];
        assert_eq!(s3_of(&aws), theirs);
        let flyte = [(ENDPOINT, "http://minio:9000/"), (ACCESS_KEY, "ours"), (SECRET_KEY, "our secret")];
        let ours = [text("http://minio:9000"), text("ours"), text("our secret"), None, None, text("false")];
        assert_eq!(s3_of(&flyte), ours);
        let both = [&aws[..], &flyte[..]].concat();
        assert_eq!(s3_of(&both)[..4], ours[..4]);
        // One half of a pair is none.
        assert_eq!(s3_of(&[&aws[..], &[(ACCESS_KEY, "ours")]].concat()), theirs);
        let hosted = [&flyte[..], &[(ADDRESSING, "virtual")]].concat();
        assert_eq!(s3_of(&hosted)[0], text("http://b.minio:9000"));
        assert_eq!(s3_of(&hosted)[5], text("true"));
    }

    #[test]
    fn settings_that_mean_nothing_are_named_and_not_shown() {
        for (name, value, message) in [
            (ADDRESSING, "odd", "FLYTE_AWS_S3_ADDRESSING_STYLE says neither `auto` nor `path` nor `virtual`"),
            (ENDPOINT, "odd", "the endpoint of the store is no address of HTTP"),
            (RETRIES, "odd", "FLYTE_STORAGE_RETRIES is no number of retries"),
            (BACKOFF, "-1", "FLYTE_STORAGE_BACKOFF_SECONDS is no number of seconds"),
            (BACKOFF, "inf", "FLYTE_STORAGE_BACKOFF_SECONDS is no number of seconds"),
        ] {
            assert_eq!(open("s3", "b", &variables(&[(name, value)])).unwrap_err().message, message);
        }
        let patient = retries(&variables(&[(RETRIES, "7"), (BACKOFF, "1000")])).unwrap();
        assert_eq!((patient.max_retries, patient.backoff.init_backoff), (7, Duration::from_secs(16)));
        let default = retries(&[]).unwrap();
        assert_eq!((default.max_retries, default.backoff.init_backoff), (3, Duration::from_secs(5)));
    }
}
