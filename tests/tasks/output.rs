//! What a pod of a cluster prints is redacted, and what its child processes print.

use std::fs;

use support::Finished;

use crate::pod::{pod_of, text, write_inputs};

const SECRET: &str = "Zx81-Spectrum-48K";
const TOKEN: &str = "hf_k3Jq71xTwQz9vB2m";
const CERTIFICATE: &str = "first Line-1 of it 7Kq\nand the 2nd one: Xy9";

fn printed(way: &str) -> Finished {
    let directory = tempfile::tempdir().unwrap();
    write_inputs(directory.path(), &[("way", text(way))]);
    let secrets = directory.path().join("secrets");
    fs::create_dir_all(secrets.join("certs")).unwrap();
    fs::write(secrets.join("certs/my_file_secret"), CERTIFICATE).unwrap();
    let pod = pod_of(env!("CARGO_BIN_EXE_pods"), directory.path(), "prints_secrets");
    let pod = pod.env("FLYTE_SECRETS_DEFAULT_DIR", secrets.to_str().unwrap()).env("PATH", "/usr/bin:/bin");
    pod.env("_UNION_MY_SECRET", SECRET).env("HF_TOKEN", TOKEN).run().unwrap()
}

#[test]
fn the_output_of_a_pod_is_redacted() {
    for (way, name) in [
        ("stdout", "my_secret"),
        ("stderr", "my_secret"),
        ("variable", "token"),
        ("file", "certs/my_file_secret"),
        ("child", "token"),
        ("numbers", "my_secret"),
        ("slowly", "my_secret"),
        ("aborted", "my_secret"),
        ("panics", "token"),
    ] {
        let finished = printed(way);
        assert_eq!(finished.code, Some(0), "{way}: {finished}");
        let all = finished.to_string();
        for part in [SECRET, TOKEN, "Zx8", "x81", "90, 120, 56", "hf_k3", "Line-1", "Xy9"] {
            assert!(!all.contains(part), "{way}: {all}");
        }
        assert!(all.contains(&format!("[REDACTED:{name}]")), "{way}: {all}");
    }
}

#[test]
fn the_mode_of_a_secret_decides_whether_it_is_redacted() {
    let directory = tempfile::tempdir().unwrap();
    write_inputs(directory.path(), &[("returned", text("warehouse"))]);
    let pod = pod_of(env!("CARGO_BIN_EXE_requests"), directory.path(), "guards_in_modes");
    let pod = pod
        .env("_UNION_WAREHOUSE", "COMPUTE_WH_EU\n")
        .env("_UNION_STAGE", "deploy")
        .env("_UNION_PIN", "4711");
    let finished = pod.run().unwrap();
    assert_eq!(
        finished.stdout, "COMPUTE_WH_EU, deployd [REDACTED:stage], 0[REDACTED:pin]0, 4\n",
        "{finished}"
    );
    assert!(directory.path().join("outputs/outputs.pb").exists(), "{finished}");
}
