//! The names of fields: whether they say that a value is secret.

use zeroize::Zeroizing;

/// How secret the value of a field is, by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Class {
    /// It is secret.
    Secret,
    /// It is secret unless it consists of words: `session` may be a token or a setting.
    Likely,
    /// It is secret if it looks random.
    Neutral,
    /// It is not secret.
    Public,
}

impl Class {
    /// Returns whether the name hints at a secret.
    pub(super) fn is_secret(self) -> bool {
        matches!(self, Self::Secret | Self::Likely)
    }

    /// Returns the class of a field of this class inside of a field of the class `outer`.
    fn inside(self, outer: Self) -> Self {
        if self == Self::Neutral && outer.is_secret() { Self::Likely } else { self }
    }
}

/// The longest text that is taken for a name.
pub(super) const MAX_NAME: usize = 128;
/// What secret names contain, without separators, in the singular.
const SECRET: [&str; 30] = [
    "password",
    "passwd",
    "passwort",
    "passphrase",
    "passcode",
    "pwd",
    "secret",
    "token",
    "apikey",
    "accesskey",
    "accountkey",
    "encryptionkey",
    "licensekey",
    "masterkey",
    "privatekey",
    "sharedkey",
    "signingkey",
    "credential",
    "authorization",
    "bearer",
    "signature",
    "jwt",
    "totp",
    "connectionstring",
    "webhook",
    "verificationcode",
    "recoverycode",
    "masterauth",
    "mnemonic",
    "seedphrase",
];
/// Words that are secret names on their own, or at the end of one.
const SECRET_WORDS: [&str; 8] = ["pass", "pw", "psk", "otp", "creds", "cred", "pat", "dsn"];
/// The fields of a secret one that have its value.
const VALUES: [&str; 2] = ["value", "default"];
/// Ends of names that may be secret, besides the words above.
const LIKELY_ENDS: [&str; 9] = ["key", "keydata", "auth", "pin", "puk", "sas", "sig", "salt", "code"];
/// Words of names that may be secret, anywhere.
const LIKELY_WORDS: [&str; 8] = ["session", "cookie", "private", "auth", "key", "sid", "sessionid", "sso"];
/// Last words that say which one of several secrets it is, or how it is written.
const QUALIFIERS: [&str; 30] = [
    "prod",
    "production",
    "dev",
    "development",
    "staging",
    "stage",
    "test",
    "live",
    "sandbox",
    "old",
    "new",
    "current",
    "previous",
    "primary",
    "secondary",
    "backup",
    "default",
    "main",
    "value",
    "data",
    "string",
    "text",
    "hash",
    "raw",
    "plain",
    "plaintext",
    "base64",
    "b64",
    "hex",
    "encoded",
];
/// Last words of public names.
const PUBLIC_WORDS: [&str; 52] = [
    "uri", "url", "endpoint", "host", "domain", "ip", "address", "email", "mail", "type", "user", "name",
    "version", "alg", "algo", "expiry", "expires", "ttl", "region", "zone", "port", "path", "file", "dir",
    "project", "schema", "role", "server", "issuer", "scope", "scopes", "status", "crt", "cert", "arn",
    "tenant", "lineage", "dn", "ref", "refs", "timeout", "lifetime", "length", "size", "limit", "days",
    "hours", "minutes", "seconds", "interval", "enabled", "accessor",
];
/// Ends of public names, also of names in one word.
const PUBLIC_ENDS: [&str; 18] = [
    "hostname",
    "username",
    "algorithm",
    "expiresat",
    "expiresin",
    "expiration",
    "database",
    "warehouse",
    "audience",
    "description",
    "fingerprint",
    "certificate",
    "certificatedata",
    "certificateauthoritydata",
    "recipient",
    "imagepullsecrets",
    "existingsecret",
    "amzcredential",
];
/// Ends of the last word of names of ids.
const IDS: [&str; 9] =
    ["clientid", "userid", "projectid", "tenantid", "accountid", "keyid", "appid", "uuid", "guid"];

/// Returns what a name says. Case and separators do not matter.
pub(crate) fn class(name: &str) -> Class {
    if name.len() > MAX_NAME {
        return Class::Neutral;
    }
    let words = words(name);
    let joined = Zeroizing::new(words.iter().map(|word| word.as_str()).collect::<String>());
    let contains = |texts: &[&str]| texts.iter().any(|text| joined.contains(text));
    let last_word = words.last().map(|word| word.as_str()).unwrap_or_default();
    let is_id = matches!(last_word, "id" | "identifier")
        || joined.ends_with("accountsid")
        || IDS.iter().any(|id| last_word.ends_with(id));
    let is_public = joined.contains("public")
        || joined.contains("publishable")
        || PUBLIC_WORDS.contains(&last_word)
        || PUBLIC_ENDS.iter().any(|end| joined.ends_with(end));
    // Session cookies are called `sid`.
    let is_secret_id = contains(&["secret", "session"]) || matches!(&**joined, "sid" | "connectsid");
    if is_public || is_id && !is_secret_id {
        // A webhook is its address.
        return if joined.contains("webhook") { Class::Secret } else { Class::Public };
    }
    // What is left without the last words that say nothing, in the singular.
    let is_qualifier = |word: &str| {
        QUALIFIERS.contains(&word) || word.trim_start_matches('v').bytes().all(|byte| byte.is_ascii_digit())
    };
    let last = words.iter().rposition(|word| !is_qualifier(word)).unwrap_or(0);
    let main = words.get(..=last).unwrap_or_default();
    let joined_main = Zeroizing::new(main.iter().map(|word| word.as_str()).collect::<String>());
    let singular = joined_main.trim_end_matches(|c: char| c.is_ascii_digit());
    let singular = singular.strip_suffix('s').filter(|text| !text.ends_with('s')).unwrap_or(singular);
    let ends = |ends: &[&str], text: &str| ends.iter().any(|end| text.ends_with(end));
    let last_word =
        main.last().map(|word| word.trim_end_matches(|c: char| c.is_ascii_digit())).unwrap_or_default();
    if ends(&SECRET, singular) || SECRET_WORDS.contains(&last_word) || *joined == *"secretid" {
        return Class::Secret;
    }
    let has_word = |known: &&str| words.iter().any(|word| ***word == **known);
    let is_likely = contains(&SECRET)
        || [singular, &joined_main].iter().any(|name| ends(&LIKELY_ENDS, name) || ends(&SECRET_WORDS, name))
        || LIKELY_WORDS.iter().any(has_word);
    if is_likely { Class::Likely } else { Class::Neutral }
}

/// Returns what a name says inside of a field of the class `outer`.
pub(super) fn class_inside(name: &str, outer: Class) -> Class {
    let is_value = outer == Class::Secret && VALUES.iter().any(|value| name.eq_ignore_ascii_case(value));
    if is_value { Class::Secret } else { class(name).inside(outer) }
}

/// Returns the words of a name, in lower case: its parts between separators, and before an upper-case letter.
fn words(name: &str) -> Vec<Zeroizing<String>> {
    // What is taken for a name may be a part of a value.
    let mut words: Vec<Zeroizing<String>> = Vec::new();
    let mut before = None;
    for c in name.chars() {
        if c.is_ascii_alphanumeric() {
            let is_first =
                before.is_none_or(|before: char| before.is_ascii_lowercase() && c.is_ascii_uppercase());
            if is_first {
                words.push(Zeroizing::new(String::with_capacity(name.len())));
            }
            if let Some(word) = words.last_mut() {
                word.push(c.to_ascii_lowercase());
            }
        }
        before = Some(c).filter(char::is_ascii_alphanumeric);
    }
    words
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
            "Authorization",
            "webhook_url",
            "SLACK_TOKEN",
            "DB_PASS",
            "DB_PASS_PROD",
            "STRIPE_API_KEY_LIVE",
            "passwords",
            "api_tokens",
            "password2",
            "CREDS",
            "spring.datasource.password",
        ] {
            assert_eq!(class(name), Class::Secret, "{name}");
        }
        for name in [
            "auth",
            "sessionid",
            "client-key-data",
            "sig",
            "sid",
            "key",
            "STRIPE_KEY_LIVE",
            "ENCRYPTION_KEY_V2_PATHS",
            "AUTH_HEADER",
            "sort_key",
            "status_code",
            "SESSION_DRIVER",
            "token_store",
            "password_encryption",
            "server.servlet.session.cookie.same-site",
        ] {
            assert_eq!(class(name), Class::Likely, "{name}");
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
            "private_ip",
            "tls.crt",
            "kms_key_arn",
            "JWT_ALGO",
            "clientid",
            "certificate-authority-data",
            "existingSecret",
            "X-Amz-Credential",
            "secret_id_accessor",
            "TWILIO_ACCOUNT_SID",
        ] {
            assert_eq!(class(name), Class::Public, "{name}");
        }
        for name in [
            "",
            "value",
            "data",
            "account",
            "text",
            "x",
            "2",
            "zip",
            "membership",
            "sendgrid",
            "support",
            "ghost",
        ] {
            assert_eq!(class(name), Class::Neutral, "{name}");
        }
    }
}
