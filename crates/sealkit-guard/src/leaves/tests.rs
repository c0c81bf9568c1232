use super::*;

fn found(value: &str) -> Vec<String> {
    let mut found: Vec<String> =
        leaves(value.as_bytes()).iter().map(|leaf| String::from_utf8_lossy(leaf).into_owned()).collect();
    found.sort();
    found.dedup();
    found
}

#[test]
fn the_secrets_of_containers_are_leaves() {
    let password = "Tr0ub4dor-and3";
    for value in [
        "postgres://app:Tr0ub4dor-and3@db/orders",
        "jdbc:postgresql://db/orders?user=app&password=Tr0ub4dor-and3",
        "jdbc:sqlserver://db:1433;user=app;password=Tr0ub4dor-and3;encrypt=true",
        "postgres://app:Tr0ub4dor%2Dand3@db/orders",
        "Server=db;Database=orders;User Id=app;Password=Tr0ub4dor-and3;",
        "host=db user=app password='Tr0ub4dor-and3' dbname=orders",
        "DB_HOST=db\nexport DB_PASSWORD=\"Tr0ub4dor-and3\" # production\n",
        "db:\n  host: db\n  password: Tr0ub4dor-and3\n",
        "[db]\nuser = app\npassword = 'Tr0ub4dor-and3'\n",
        "app:Tr0ub4dor-and3",
        "app/Tr0ub4dor-and3@db:1521/orders",
        "Driver={SQL Server};Server=db;Uid=app;Pwd={Tr0ub4dor-and3};",
        "machine db\n  login app\n  password Tr0ub4dor-and3\n",
        "db:5432:orders:app:Tr0ub4dor-and3",
        "Bearer Tr0ub4dor-and3",
        "Authorization: Basic YXBwOlRyMHViNGRvci1hbmQz",
        "YXBwOlRyMHViNGRvci1hbmQz",
        "{\"auths\": {\"ghcr.io\": {\"auth\": \"YXBwOlRyMHViNGRvci1hbmQz\"}}}",
        "machine db login app password Tr0ub4dor-and3",
        "//registry.example.com/:_authToken=Tr0ub4dor-and3",
        "<server><id>x</id><password>Tr0ub4dor-and3</password></server>",
        "<configuration><add key=\"Password\" value=\"Tr0ub4dor-and3\" /></configuration>",
        "\u{feff}Tr0ub4dor-and3",
        "\"Tr0ub4dor-and3\"",
        "{\"password\": \"Tr0ub4dor-and3\"}",
        "{\"dsn\": \"redis://:Tr0ub4dor-and3@cache:6379/0\"}",
    ] {
        assert!(found(value).iter().any(|leaf| leaf == password), "{value}: {:?}", found(value));
    }
    for (value, password) in [
        ("<s><password>a&amp;b&lt;7xQ</password></s>", "a&b<7xQ"),
        ("DB_PASSWORD=\"a\\\"b\\\\7xQ\"\n", "a\"b\\7xQ"),
        ("password: 'it''s 7xQ'\n", "it's 7xQ"),
        ("Uid=app;Pwd={a;b}}7xQ};", "a;b}7xQ"),
        ("host=db password='a\\'b 7xQ'", "a'b 7xQ"),
        (
            "Access key ID,Secret access key\nAKIAIOSFODNN7,wJ4lrXUtn7EMI/K7MD3NG/bPx7fiCY9",
            "wJ4lrXUtn7EMI/K7MD3NG/bPx7fiCY9",
        ),
    ] {
        assert!(found(value).iter().any(|leaf| leaf == password), "{value}: {:?}", found(value));
    }
    let webhook = "https://hooks.slack.com/services/T0123456/B0123456/x7Kq2vJ8mZ4wP9nT6rL3sD5f";
    assert_eq!(found(webhook), ["x7Kq2vJ8mZ4wP9nT6rL3sD5f"]);
}

#[test]
fn the_name_of_a_field_decides() {
    let value = r#"{"password": "hunter2", "secret_id": "abcdefgh", "token": "me@home", "api_key": "http-only",
        "user": "x7Kq2vJ8mZ4wP9nT", "warehouse": "COMPUTE_WH", "title": "Payment Service", "url": "db:5432", "n": "x7Kq2vJ8mZ4wP9nT6r"}"#;
    assert_eq!(found(value), ["abcdefgh", "http-only", "hunter2", "me@home", "x7Kq2vJ8mZ4wP9nT6r"]);
}

#[test]
fn other_values_have_no_leaves() {
    for value in [
        "",
        "k3Jq-71xT/wPz",
        "correct horse battery staple",
        "739184",
        "a=b",
        "https://example.com/path?page=2",
    ] {
        assert_eq!(found(value), [""; 0], "{value}");
    }
}
