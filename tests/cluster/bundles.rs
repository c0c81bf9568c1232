//! Runs without an image: the program is uploaded, and the official entry point `a0` starts it in a pod.

use std::{env, fs, path::PathBuf};

use serde_json::{Value as Json, json};
use support::{ControlPlane, Finished, Home, Python};

const VALUE: &str = "k3Jq-71xT/wQz9vB2m";

/// Starts a control plane whose pods have `a0`, and configures a home directory for it.
fn start() -> (ControlPlane, Home) {
    let python = Python::from_environment();
    let a0 = format!("--program=a0={}", python.tool("a0").display());
    let plane = ControlPlane::start(&python, &["--strict", &a0]).unwrap();
    let home = Home::new(env!("CARGO_BIN_EXE_command")).unwrap();
    plane.configure(&home, "").unwrap();
    for name in ["my_secret", "my_file_secret"] {
        let created = home.sealkit("create secret --remote -f -").arg(name).input(VALUE).run().unwrap();
        assert_eq!(created.code, Some(0), "{created}");
    }
    (plane, home)
}

fn example(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("../examples/{name}.rs"))
}

fn run(home: &Home, target: &str, line: &str) -> Finished {
    home.with_cargo("run --remote").arg(target).args(line).run().unwrap()
}

/// Returns the static program of an example, which the command has built.
fn static_program(name: &str) -> String {
    let target = env::var_os("CARGO_TARGET_DIR")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../target"), PathBuf::from);
    let libc = ["musl", "gnu"].map(|libc| format!("{}-unknown-linux-{libc}/debug/{name}", env::consts::ARCH));
    let path = libc.iter().map(|path| target.join(path)).find(|path| path.exists());
    path.expect("a run has built the program").display().to_string()
}

fn uploads(plane: &ControlPlane) -> usize {
    plane.admin("GET", "/uploads", &Json::Null).unwrap().len()
}

#[test]
#[cfg_attr(not(has_python), ignore = "needs TEST_PYTHON")]
fn a_program_runs_on_a_cluster_without_an_image() {
    let (plane, home) = start();
    for (index, name) in ["using_secrets", "using_secrets_file"].into_iter().enumerate() {
        let finished = run(&home, example(name).to_str().unwrap(), "main");
        assert_eq!((finished.code, &*finished.stdout), (Some(0), "18\n"), "{finished}");
        assert!(finished.stderr.contains("Uploaded the program ("), "{finished}");
        assert!(!finished.stderr.contains(VALUE), "{finished}");
        // The same program is not uploaded again.
        let again = run(&home, example(name).to_str().unwrap(), "t1");
        assert_eq!((again.code, &*again.stdout), (Some(0), "18\n"), "{again}");
        assert!(!again.stderr.contains("Uploaded") && !again.stderr.contains("Building"), "{again}");
        assert_eq!(uploads(&plane), index + 1);
    }
    let pods = plane.admin("GET", "/pods", &Json::Null).unwrap();
    assert_eq!(pods.len(), 6);
    for pod in &pods {
        // Called tasks run from the same bundle.
        assert!(pod["arguments"][0].as_str().unwrap().ends_with("/a0") && pod["exit"] == 0, "{pod}");
        let directory = pod["directory"].as_str().unwrap();
        let mut files: Vec<_> = fs::read_dir(directory)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| !name.starts_with('.') && name != "__pycache__" && name != "secrets")
            .collect();
        files.sort();
        let program = files.iter().find(|name| name.starts_with("using_secrets")).unwrap().clone();
        assert_eq!(files, ["bundle.tar.gz", "sealkit_resolver.py", &program]);
    }
    let spec = &plane.requests("CreateRun").unwrap()[0]["request"]["task_spec"]["task_template"];
    assert_eq!(spec["container"]["image"], "ghcr.io/flyteorg/flyte:py3.12-v2.12.1");
    assert!(spec["metadata"]["code_bundle_uri"].as_str().unwrap().ends_with("/bundle.tar.gz"), "{spec}");
}

#[test]
#[cfg_attr(not(has_python), ignore = "needs TEST_PYTHON")]
fn an_upload_that_fails_is_tried_again_if_that_can_help() {
    let (plane, home) = start();
    run(&home, example("using_secrets").to_str().unwrap(), "--help");
    let program = static_program("using_secrets");
    let expired = "<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>";
    let upload = |faults: Json| {
        plane.fail(&faults).unwrap();
        // Another program: the cluster does not have it.
        let copy = home.path().join(format!("copy{}", uploads(&plane)));
        fs::copy(&program, &copy).unwrap();
        let finished =
            home.with_cargo("run --remote --detach").arg(copy.to_str().unwrap()).arg("t1").run().unwrap();
        plane.admin("DELETE", "/faults", &Json::Null).unwrap();
        finished
    };
    let succeeds = |faults: Json| {
        let finished = upload(faults);
        assert_eq!(finished.code, Some(0), "{finished}");
    };
    let fails = |faults: Json, message: &str, hint: &str| {
        let finished = upload(faults);
        assert_eq!(finished.code, Some(1), "{finished}");
        assert!(finished.stderr.contains(message) && finished.stderr.contains(hint), "{finished}");
        // The signature is not repeated, and no run is started.
        assert!(
            !finished.stderr.contains("c2lnbmF0dXJl") && !finished.stderr.contains("Started"),
            "{finished}"
        );
    };
    succeeds(json!({"method": "PUT", "http": 503, "times": 2}));
    succeeds(json!({"method": "PUT", "http": 429, "times": 1}));
    succeeds(json!({"method": "PUT", "http": 403, "body": expired, "times": 1}));
    fails(
        json!({"method": "PUT", "http": 403, "body": expired}),
        "the signed URL has expired",
        "check the clock",
    );
    fails(
        json!({"method": "PUT", "http": 403, "body": "<Code>AccessDenied</Code>"}),
        "HTTP status 403",
        "--image",
    );
    fails(json!({"method": "PUT", "http": 503}), "HTTP status 503", "try again");
    let too_large = "content_length (200000000 bytes) exceeds maximum allowed size of 104857600 bytes";
    let rejected = |code: &str, message: &str| json!({"method": "CreateUploadLocation", "code": code, "message": message});
    fails(rejected("invalid_argument", too_large), too_large, "--release");
    fails(rejected("not_found", "project \"x\" not found"), "project \"x\" not found", "--project PROJECT");
    fails(rejected("unimplemented", ""), "CreateUploadLocation", "--image");
}

#[test]
#[cfg_attr(not(has_python), ignore = "needs TEST_PYTHON")]
fn a_program_that_no_pod_can_start_is_not_uploaded() {
    let (plane, home) = start();
    let script = home.path().join("script");
    fs::write(&script, "#!/bin/sh\n").unwrap();
    let refuse = |line: &str, target: &str, message: &str| {
        let finished = home.with_cargo("run --remote").args(line).arg(target).arg("t1").run().unwrap();
        assert_eq!(finished.code, Some(2), "{finished}");
        assert!(finished.stderr.contains(message), "{finished}");
    };
    refuse("", script.to_str().unwrap(), "is not a Linux program");
    refuse("", env!("CARGO_BIN_EXE_remote"), "is not linked statically");
    let other = if env::consts::ARCH == "x86_64" { "linux/arm64" } else { "linux/amd64" };
    refuse(
        &format!("--platform {other}"),
        env!("CARGO_BIN_EXE_remote"),
        &format!("is not a program for {other}"),
    );
    refuse("--platform windows/amd64", "x", "unknown platform `windows/amd64`");
    assert_eq!(uploads(&plane), 0);
}

#[test]
#[cfg_attr(not(has_python), ignore = "needs TEST_PYTHON")]
fn an_image_without_the_entry_point_is_reported() {
    let plane = ControlPlane::start(&Python::from_environment(), &["--strict"]).unwrap();
    let home = Home::new(env!("CARGO_BIN_EXE_command")).unwrap();
    plane.configure(&home, "image:\n  image_refs:\n    sealkit: registry/other:1\n").unwrap();
    let finished = run(&home, example("using_secrets").to_str().unwrap(), "main --help");
    assert_eq!(finished.code, Some(0), "{finished}");
    home.sealkit("create secret --remote -f - my_secret").input(VALUE).run().unwrap();
    let finished = run(&home, example("using_secrets").to_str().unwrap(), "main");
    assert_eq!(finished.code, Some(1), "{finished}");
    assert!(finished.stderr.contains("executable file not found"), "{finished}");
    assert!(
        finished.stderr.contains(
            "hint: image `registry/other:1` has no `a0`: use an image with the Flyte SDK, --base-image"
        ),
        "{finished}"
    );
}
