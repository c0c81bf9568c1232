//! The names of fields: whether they say that a value is secret.

use zeroize::Zeroizing;

/// What the name of a field says of its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Class {
    Secret,
    Public,
    Neutral,
}

/// Words of secret names, without separators.
const SECRET: [&str; 23] = [
    "password",
    "passwd",
    "passphrase",
    "passcode",
    "pwd",
    "secret",
    "token",
    "apikey",
    "accesskey",
    "privatekey",
    "credential",
    "authorization",
    "authtoken",
    "bearer",
    "cookie",
    "signature",
    "signingkey",
    "jwt",
    "totp",
    "connectionstring",
    "webhook",
    "private",
    "session",
];
/// Ends of secret names.
const SECRET_ENDS: [&str; 14] =
    ["pass", "key", "keydata", "auth", "pin", "psk", "pat", "sas", "dsn", "pw", "otp", "sig", "salt", "code"];
/// Ends of public names.
const PUBLIC_ENDS: [&str; 39] = [
    "uri",
    "url",
    "endpoint",
    "host",
    "hostname",
    "domain",
    "email",
    "mail",
    "type",
    "user",
    "username",
    "name",
    "version",
    "algorithm",
    "alg",
    "expiry",
    "expires",
    "expiresat",
    "expiresin",
    "ttl",
    "region",
    "zone",
    "port",
    "path",
    "file",
    "dir",
    "project",
    "database",
    "schema",
    "warehouse",
    "role",
    "server",
    "issuer",
    "audience",
    "scope",
    "scopes",
    "status",
    "description",
    "fingerprint",
];

/// Returns what a name says. Case and separators do not matter.
pub(crate) fn class(name: &str) -> Class {
    // What is taken for a name may be a part of a value.
    let letters = name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase());
    let mut name = Zeroizing::new(String::with_capacity(name.len()));
    name.extend(letters);
    let contains = |words: &[&str]| words.iter().any(|word| name.contains(word));
    let ends = |words: &[&str]| words.iter().any(|word| name.ends_with(word));
    let is_id = name.ends_with("id") || name.ends_with("identifier");
    if name.contains("public") || ends(&PUBLIC_ENDS) || is_id && !contains(&["secret", "session"]) {
        // A webhook is its address.
        return if name.contains("webhook") { Class::Secret } else { Class::Public };
    }
    if contains(&SECRET) || ends(&SECRET_ENDS) { Class::Secret } else { Class::Neutral }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_decides() {
        for name in [
            "password",
            "DB_PASSWORD",
            "Pwd",
            "secret_id",
            "clientSecret",
            "aws_secret_access_key",
            "api-key",
            "AccountKey",
            "SharedAccessKey",
            "private_key",
            "refresh_token",
            "_authToken",
            "auth",
            "sessionid",
            "Authorization",
            "webhook_url",
            "client-key-data",
            "sig",
            "SLACK_TOKEN",
        ] {
            assert_eq!(class(name), Class::Secret, "{name}");
        }
        for name in [
            "type",
            "client_email",
            "auth_uri",
            "token_uri",
            "token_type",
            "client_id",
            "project_id",
            "private_key_id",
            "aws_access_key_id",
            "host",
            "user",
            "public_key",
            "warehouse",
            "keyName",
            "Server",
            "region",
        ] {
            assert_eq!(class(name), Class::Public, "{name}");
        }
        for name in ["", "value", "data", "account", "text"] {
            assert_eq!(class(name), Class::Neutral, "{name}");
        }
    }
}
