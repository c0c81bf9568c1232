use super::*;

fn found(value: &str) -> Vec<String> {
    let mut found: Vec<String> = Leaves::of(value.as_bytes())
        .found
        .iter()
        .map(|leaf| String::from_utf8_lossy(leaf).into_owned())
        .collect();
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
fn a_password_of_words_is_found_where_its_name_is_not_right_before_it() {
    for value in [
        // Fields that name the value in the next one.
        "env:\n  - name: DB_PASSWORD\n    value: Blue-Horse!x\n",
        r#"[{"name": "DB_PASSWORD", "value": "Blue-Horse!x"}]"#,
        r#"{"Tags": [{"Key": "db_password", "Value": "Blue-Horse!x"}]}"#,
        "<property><name>fs.password</name><value>Blue-Horse!x</value></property>",
        "<properties><entry key=\"db.password\">Blue-Horse!x</entry></properties>",
        "<dict><key>password</key><string>Blue-Horse!x</string></dict>",
        "<c><password><![CDATA[Blue-Horse!x]]></password></c>",
        // Blocks, lists and maps.
        "db:\n  password: |\n    Blue-Horse!x\n",
        "db:\n  password: >-\n    Blue-Horse!x\n  host: db\n",
        "passwords:\n- Blue-Horse!x\n- Green-Cow!77\n",
        "passwords:\n  app_rw: Blue-Horse!x\n",
        "password: &pw Blue-Horse!x\n",
        "password: !!str Blue-Horse!x\n",
        "{database: {user: app, password: Blue-Horse!x, port: 5}}\n",
        "database = { user = \"app\", password = \"Blue-Horse!x\" }\n",
        "api_tokens = [\"Blue-Horse!x\", \"Green-Cow!77\"]\n",
        r#"["Blue-Horse!x", "Green-Cow!77"]"#,
        r#"{"password": {"value": "Blue-Horse!x"}}"#,
        r#"{"passwords": {"app_rw": "Blue-Horse!x"}}"#,
        "{'user': 'a', 'password': 'Blue-Horse!x'}",
        "Config { user: \"a\", password: \"Blue-Horse!x\" }",
        "User name,Password\napp,Blue-Horse!x\n",
        "username\tpassword\temail\napp\tBlue-Horse!x\tmax@example.com\n",
        "username;password\napp;Blue-Horse!x\n",
        "data:\n  config.json: eyJwYXNzd29yZCI6ICJCbHVlLUhvcnNlIXgifQ==\n",
        // Statements, escapes and logins.
        "Password=Blue-Horse!x;",
        "host = db user = app password = Blue-Horse!x",
        "sasl.jaas.config=PlainLoginModule required username=\"app\" password=\"Blue-Horse!x\";\n",
        "DB_PASSWORD=Blue-Horse\\!x\n",
        "grant_type=password&client_secret=Blue-Horse%21x",
        "Cookie: sid=Blue-Horse!x; theme=dark",
        "app:Blue-Horse!x@proxy.internal:3128",
        "app:Blue-Horse!x@tcp(db:3306)/orders?parseTime=true",
        "Basic OkJsdWUtSG9yc2UheA==",
        "Basic Qmx1ZS1Ib3JzZSF4Og==",
        "DB_PASS_PROD=Blue-Horse!x\n",
        "API_KEY_SENDGRID=Blue-Horse!x\n",
        "[secrets]\napp = \"Blue-Horse!x\"\n",
        "api_keys = {\n  stripe = \"Blue-Horse!x\"\n}\n",
        "{password: 'Blue-Horse!x', user: \"a\"}",
        "user = \"app:Blue-Horse!x\"\n",
        "curl -sS -u app:Blue-Horse!x https://example.com/health\n",
        "curl -u Blue-Horse!x: https://example.com/health\n",
        "mysql --host db --password Blue-Horse!x orders\n",
        // `base64 FILE`
        "eyJob3N0IjogImRiLXByb2QuaW50ZXJuYWwuZXhhbXBsZS5jb20iLCAidXNlcm5hbWUiOiAiYXBw\nbGljYXRpb25fcnciLCAicGFzc3dvcmQiOiAiQmx1ZS1Ib3JzZSF4In0=\n",
    ] {
        assert!(found(value).iter().any(|leaf| leaf == "Blue-Horse!x"), "{value}: {:?}", found(value));
    }
    for (value, password) in [
        ("DB_PASSWORD=Blue&Horse=7\n", "Blue&Horse=7"),
        ("spring.datasource.password=Vio;le=tOra#nge8", "Vio;le=tOra#nge8"),
        ("DB_PASSWORD=<<Kx7q!\nDB_HOST=db\n", "<<Kx7q!"),
        ("curl -u app:orangetiger https://api.example.com/v1", "orangetiger"),
        ("curl -u 'app:My Pass Phrase 7' https://api.example.com/v1", "My Pass Phrase 7"),
        ("db.example.com:5432:orders:app:My Pass Phrase 7\n", "My Pass Phrase 7"),
        ("grant_type=password&password=My+Pass+Phrase+7%21&client_id=web", "My Pass Phrase 7!"),
        ("cache.example.com:6380,password=My Pass Phrase 7,ssl=True,abortConnect=False", "My Pass Phrase 7"),
        ("password: |\n  My Pass Phrase 7\nhost: db\n", "My Pass Phrase 7"),
        ("password: >-\n  orangetiger\n", "orangetiger"),
        (r#"{"db_password": {"sensitive": true, "type": "string", "value": "orangetiger"}}"#, "orangetiger"),
        ("DB_PASSWORD='it'\"'\"'s-a7-Key'\nDB_HOST=db\n", "it's-a7-Key"),
        ("DB_PASSWORD='it'\\''s-a7-Key'\n", "it's-a7-Key"),
        ("username,password\r\napp,\"it\"\"s'a7\\key\"\r\n", "it\"s'a7\\key"),
        ("kind: Secret\ndata:\n  password: ODM3MjYxNTA=\n", "83726150"),
        (
            "mnemonic: legal winner thank year wave sausage worth\n",
            "legal winner thank year wave sausage worth",
        ),
        (r#"{"pin": "83726154", "puk": "19283746"}"#, "19283746"),
    ] {
        assert!(found(value).iter().any(|leaf| leaf == password), "{value}: {:?}", found(value));
    }
    // The quotes around a URL are no part of it.
    assert_eq!(found("HOOK=\"https://hooks.example.com/x7Kq2vJ8mZ4wP9nT\""), ["x7Kq2vJ8mZ4wP9nT"]);
    // Signs of references, but none.
    for password in ["x7${Kq2", "a{{b-7Q!", "Pa$(s7wd", "q<%7Kd!"] {
        assert!(found(&format!("password={password}\n")).iter().any(|leaf| leaf == password), "{password}");
    }
    assert!(found("postgres://app:x7'K\"q<2`@db/orders").iter().any(|leaf| leaf == "x7'K\"q<2`"));
    assert!(found("db:5432:orders:app:p@ss\\:w0rd/1").iter().any(|leaf| leaf == "p@ss:w0rd/1"));
}

#[test]
fn a_password_of_words_is_found_in_commands_and_code() {
    for value in [
        "PGPASSWORD=Blue-Horse!x psql -h db.example.com -U app orders",
        "PGPASSWORD='Blue-Horse!x' psql -h db.example.com -U app orders",
        "curl -H 'Authorization: Bearer Blue-Horse!x' https://api.example.com/v1",
        "curl -H \"X-Api-Key: Blue-Horse!x\" https://api.example.com/v1",
        r#"curl -d '{"username": "app", "password": "Blue-Horse!x"}' https://api.example.com/login"#,
        "mysql -h db.example.com -u app -pBlue-Horse!x orders",
        "echo x | docker login -u app -p Blue-Horse!x registry.example.com",
        "sshpass -p Blue-Horse!x ssh app@db.example.com",
        "/opt/mssql/bin/sqlcmd -S db.example.com -U app -P Blue-Horse!x",
        "redis-cli -h cache.example.com -a Blue-Horse!x ping",
        "ldapsearch -H ldap://dc.example.com -D cn=admin,dc=example -w Blue-Horse!x",
        "keytool -list -keystore app.jks -storepass Blue-Horse!x",
        "openssl rsa -in key.pem -passin pass:Blue-Horse!x",
        "set -gx DB_HOST db.example.com\nset -gx DB_PASSWORD Blue-Horse!x\n",
        "set DB_HOST=db\r\nset \"DB_PASSWORD=Blue-Horse!x\"\r\n",
        "$password = ConvertTo-SecureString 'Blue-Horse!x' -AsPlainText -Force",
        "CREATE USER orders_app WITH PASSWORD 'Blue-Horse!x';",
        "CREATE USER 'app'@'%' IDENTIFIED BY 'Blue-Horse!x';",
        "requirepass Blue-Horse!x\n",
        "ENV DB_PASSWORD Blue-Horse!x\n",
        "SetEnv DB_PASSWORD \"Blue-Horse!x\"\n",
        "set DB_PASSWORD=Blue-Horse!x\r\n",
        "password = <<EOT\nBlue-Horse!x\nEOT\nhost = \"db\"\n",
        "db_password = <<-\"EOT\"\n  Blue-Horse!x\n  EOT\n",
        "password = \"\"\"\nBlue-Horse!x\"\"\"\n",
        "password = '''\nBlue-Horse!x\n'''\n",
        "<?php\ndefine('DB_USER', 'app');\ndefine('DB_PASSWORD', 'Blue-Horse!x');\n",
        "<?php\nreturn [\n  'username' => 'app',\n  'password' => 'Blue-Horse!x',\n];\n",
        "os.environ.setdefault(\"DB_PASSWORD\", \"Blue-Horse!x\")\n",
        "{:host=>\"db\", :username=>\"app\", :password=>\"Blue-Horse!x\"}",
        "$db_password = \"Blue-Horse!x\";\n",
        "variable \"db_password\" {\n  type    = string\n  default = \"Blue-Horse!x\"\n}\n",
        "credentials {\n  app = \"Blue-Horse!x\"\n}\n",
        "proxy_set_header Authorization \"Bearer Blue-Horse!x\";\n",
        "port 6379\nmasterauth Blue-Horse!x\n",
    ] {
        assert!(found(value).iter().any(|leaf| leaf == "Blue-Horse!x"), "{value}: {:?}", found(value));
    }
}

#[test]
fn a_binary_key_is_a_leaf_of_its_base64_and_hexadecimal_digits() {
    let bytes =
        [0x0b, 0x30, 0x55, 0x7a, 0x9f, 0xc4, 0xe9, 0x0e, 0x33, 0x58, 0x7d, 0xa2, 0xc7, 0xec, 0x11, 0x36];
    for value in [
        "CzBVep/E6Q4zWH2ix+wRNg==",
        "CzBVep_E6Q4zWH2ix-wRNg",
        "0b30557a9fc4e90e33587da2c7ec1136",
        "[11, 48,85,122,159,196,233,14,51,88,125,162,199,236,17,54]",
    ] {
        assert!(Leaves::of(value.as_bytes()).found.iter().any(|leaf| **leaf == bytes), "{value}");
    }
}

#[test]
fn what_nests_deeply_is_searched_in_bounded_time_and_memory() {
    for part in ["! ", "&a ", "://", "https://a?b=", "{", "a=b;c=d&e=f,", "[\""] {
        Leaves::of(format!("password: {}", part.repeat(100_000 / part.len())).as_bytes());
    }
}

#[test]
fn settings_and_public_fields_are_no_leaves() {
    for value in [
        "SESSION_DRIVER=memory\n",
        "server.servlet.session.cookie.same-site=strict\n",
        "sort_key: timestamp\n",
        "session_mode = \"strict\"\n",
        "SESSION_MODE=InProc\nAUTH=oauth2\n",
        "key.serializer=org.apache.kafka.common.serialization.StringSerializer\n",
        "auth_dirs=/var/lib/app/sessions/active\n",
        "password=${DB_PASSWORD}\ntoken: ${{ secrets.GITHUB_TOKEN }}\n",
        "db_password: \"{{ vault_db_password }}\"\n",
        "//nexus.example.com/:always-auth=true\n",
        "auth: optional\nstatus_code: 200 OK\nlanguage_code: en-US\n",
        "secrets:\n  - db_password\n",
        "imagePullSecrets: regcred\nsecretKeyRef: app-Db7-creds\n",
        "user: app:staff\n",
        "ssh -p 2222 -i keys/deploy.key app@db.example.com\n",
        "docker run -p 8080:8080 -w /srv/app app\n",
        "auth:\n  existingSecret: orders-db-creds\n",
        "https://git.example.com:x-oauth-basic@github.com/acme/orders.git",
        "docker run -u 10001:10001 app\n",
        "curl --user-agent app --key-type rsa\n",
        "auth optional\n",
        "key_rotated: 2026-01-31\nauth_since=2026-01-31 10:00\n",
        "session_timeout=86400\ntoken_lifetime: 7200\nkey_size=4096\n",
        "# tokens, hosts\nhost=db\n",
        "auth {\n  mode = \"strict\"\n  timeout = 30\n}\n",
        "variable \"db_password\" {\n  type      = string\n  sensitive = true\n}\n",
        "user;role\napp;admin\n",
        "token: |\n  {{ vault_token }}\n",
        r#"{"private_ip": "10.20.30.41"}"#,
        "[default]\naws_access_key_id = AKIA5ZFKKIBJ5J6WJIBA\n",
        "AZURE_CLIENT_ID=1c2b58ad-0be9-47d1-9f4d-da20c57aa3c5\n",
        r#"{"tenantId": "38f91d6a-8c44-4bfe-a931-6b7d36c4b84b"}"#,
        "# public key: age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj\n",
    ] {
        assert_eq!(found(value), [""; 0], "{value}");
    }
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
