//! Runs without an image: the program is uploaded, and the official entry point `a0` starts it in a pod.

use std::{
    env,
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    sync::Once,
    thread,
    time::{Duration, Instant},
};

use serde_json::{Value as Json, json};
use support::{ControlPlane, Finished, Home, Program, Python, Registry};

const VALUE: &str = "k3Jq-71xT/wQz9vB2m";

/// The builds of all tests: sealkit is compiled once for this machine and once for the cluster.
const CACHE: &str = concat!(env!("CARGO_TARGET_TMPDIR"), "/scripts");
/// A directory without a package, with the files that a user has saved.
const DIRECTORY: &str = concat!(env!("CARGO_TARGET_TMPDIR"), "/saved");

/// Starts a control plane whose pods have `a0` and read from S3, and configures a home directory for it.
fn start() -> (ControlPlane, Home) {
    let python = Python::from_environment();
    let a0 = format!("--program=a0={}", python.tool("a0").display());
    let plane = ControlPlane::start(&python, &["--strict", "--storage=s3://bucket", &a0]).unwrap();
    let home = Home::new(env!("CARGO_BIN_EXE_command")).unwrap();
    plane.configure(&home, "").unwrap();
    (plane, home)
}

/// Returns the command with these arguments, which builds in the cache of all tests.
fn sealkit(home: &Home, line: &str) -> Program {
    home.with_cargo(line)
        .env("XDG_CACHE_HOME", CACHE)
        .env("CARGO_PROFILE_DEV_DEBUG", "0")
        .env("CARGO_INCREMENTAL", "0")
}

/// Saves an example outside of a package, and returns its path.
fn saved(name: &str) -> String {
    static SAVE: Once = Once::new();
    SAVE.call_once(|| {
        fs::create_dir_all(DIRECTORY).unwrap();
        for name in ["using_secrets", "using_secrets_file"] {
            let example = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("../examples/{name}.rs"));
            fs::copy(example, format!("{DIRECTORY}/{name}.rs")).unwrap();
        }
    });
    format!("{DIRECTORY}/{name}.rs")
}

fn run(home: &Home, line: &str, target: &str, task: &str) -> Finished {
    sealkit(home, line).arg(target).args(task).run().unwrap()
}

/// Returns the static program of a saved file, which the command has built.
fn static_program(home: &Home, name: &str) -> PathBuf {
    let finished = run(home, "run --remote", &saved(name), "main --help");
    assert_eq!(finished.code, Some(0), "{finished}");
    let scripts = Path::new(CACHE).join("sealkit/scripts");
    let targets = ["musl", "gnu"].map(|libc| format!("{}-unknown-linux-{libc}", env::consts::ARCH));
    let programs = fs::read_dir(scripts).unwrap().flat_map(|script| {
        let script = script.unwrap().path().join("target");
        targets.clone().map(|target| script.join(target).join("debug").join(name))
    });
    // A clone that was moved leaves programs of an earlier path behind.
    let built = |program: &PathBuf| fs::metadata(program).and_then(|file| file.modified()).ok();
    programs.filter(|program| program.exists()).max_by_key(built).expect("a built program")
}

/// Deploys a saved file, and starts its workflow with the official command.
fn assert_started_by_the_official_command(plane: &ControlPlane, home: &Home) {
    let deployed = run(home, "deploy", &saved("using_secrets"), "");
    assert_eq!(deployed.code, Some(0), "{deployed}");
    let scope = ["", "run-"].map(|of| format!("--{of}project flytesnacks --{of}domain development"));
    let started = plane.official(&format!("flyte run {} deployed-task main", scope.join(" "))).unwrap();
    assert_eq!(started.code, Some(0), "{started}");
    let end = Instant::now() + Duration::from_secs(60);
    let outcome = loop {
        let runs = sealkit(home, "get run -o json").run().unwrap();
        let latest = serde_json::from_str::<Json>(&runs.stdout).unwrap()[0]["phase"].clone();
        if !["queued", "initializing", "running"].contains(&latest.as_str().unwrap()) || Instant::now() > end
        {
            break latest;
        }
        thread::sleep(Duration::from_millis(200));
    };
    assert_eq!(outcome, "succeeded");
}

fn uploads(plane: &ControlPlane) -> usize {
    plane.admin("GET", "/uploads", &Json::Null).unwrap().len()
}

/// Checks a run that printed the length of the secret.
fn assert_succeeded(finished: &Finished) {
    assert_eq!((finished.code, &*finished.stdout), (Some(0), "18\n"), "{finished}");
    assert!(!finished.stderr.contains(VALUE), "{finished}");
}

#[test]
#[cfg_attr(not(has_python), ignore = "needs TEST_PYTHON")]
fn a_saved_file_runs_on_this_machine_and_on_a_cluster() {
    let (plane, home) = start();
    for (index, (secret, name)) in
        [("my_secret", "using_secrets"), ("my_file_secret", "using_secrets_file")].into_iter().enumerate()
    {
        let created = sealkit(&home, "create secret -f -").arg(secret).input(VALUE).run().unwrap();
        assert_eq!(created.code, Some(0), "{created}");
        assert_succeeded(&run(&home, "run", &saved(name), "main"));
        let pushed = sealkit(&home, "push secret -y").arg(secret).run().unwrap();
        assert_eq!(pushed.code, Some(0), "{pushed}");

        let finished = run(&home, "run --remote", &saved(name), "main");
        assert_succeeded(&finished);
        assert!(finished.stderr.contains("Uploaded the program ("), "{finished}");
        // The same program is not uploaded again.
        let again = run(&home, "run --remote", &saved(name), "t1");
        assert_succeeded(&again);
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
    assert_started_by_the_official_command(&plane, &home);
    let spec = &plane.requests("CreateRun").unwrap()[0]["request"]["task_spec"]["task_template"];
    assert_eq!(spec["container"]["image"], "ghcr.io/flyteorg/flyte:py3.12-v2.12.1");
    assert!(spec["metadata"]["code_bundle_uri"].as_str().unwrap().ends_with("/bundle.tar.gz"), "{spec}");
}

#[test]
#[cfg_attr(not(has_python), ignore = "needs TEST_PYTHON")]
fn an_upload_that_fails_is_tried_again_if_that_can_help() {
    let (plane, home) = start();
    sealkit(&home, "create secret my_secret --remote -f -").input(VALUE).run().unwrap();
    let program = static_program(&home, "using_secrets");
    let expired = "<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>";
    let upload = |faults: Json| {
        plane.fail(&faults).unwrap();
        // Another program: the cluster does not have it.
        let copy = home.path().join(format!("copy{}", uploads(&plane)));
        fs::copy(&program, &copy).unwrap();
        let finished = run(&home, "run --remote --detach", copy.to_str().unwrap(), "t1");
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
        let finished = run(&home, &format!("run --remote {line}"), target, "t1");
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
    for image in ["--image=", "--base-image=a:b://c", "--image=me:s3cret@registry/app"] {
        refuse(image, script.to_str().unwrap(), "error: invalid name of an image\n");
    }
    refuse("--platform windows/amd64", "x", "unknown platform `windows/amd64`");
    // A compiler without the standard library for clusters.
    let rustc = home.path().join("rustc");
    fs::write(&rustc, "#!/bin/sh\necho /nonexistent\n").unwrap();
    fs::set_permissions(&rustc, Permissions::from_mode(0o755)).unwrap();
    let command = sealkit(&home, "run --remote").env("RUSTC", &rustc).arg(saved("using_secrets")).arg("t1");
    let finished = command.run().unwrap();
    assert_eq!(finished.code, Some(1), "{finished}");
    assert!(finished.stderr.contains("no toolchain for it is installed"), "{finished}");
    assert!(finished.stderr.contains("hint: install one: rustup target add "), "{finished}");
    assert_eq!(uploads(&plane), 0);
}

#[test]
#[cfg_attr(not(has_python), ignore = "needs TEST_PYTHON")]
fn an_image_without_the_entry_point_is_reported() {
    let plane = ControlPlane::start(&Python::from_environment(), &["--strict"]).unwrap();
    let home = Home::new(env!("CARGO_BIN_EXE_command")).unwrap();
    plane.configure(&home, "image:\n  image_refs:\n    sealkit: registry/other:1\n").unwrap();
    sealkit(&home, "create secret my_secret --remote -f -").input(VALUE).run().unwrap();
    let finished = run(&home, "run --remote", &saved("using_secrets"), "main");
    assert_eq!(finished.code, Some(1), "{finished}");
    assert!(finished.stderr.contains("executable file not found"), "{finished}");
    assert!(
        finished.stderr.contains(
            "hint: image `registry/other:1` has no `a0`: use an image with the Flyte SDK, --base-image"
        ),
        "{finished}"
    );
}

#[test]
#[cfg_attr(not(all(has_python, has_registry)), ignore = "needs TEST_PYTHON and docker-registry")]
fn a_program_runs_in_an_image_that_is_pushed_to_a_registry() {
    let (_, home) = start();
    let image_program =
        format!("--program=using_secrets={}", static_program(&home, "using_secrets").display());
    let plane = ControlPlane::start(&Python::from_environment(), &["--strict", &image_program]).unwrap();
    let registry = Registry::start("", "");
    let repository = format!("{}/me", registry.address);
    plane.configure(&home, "").unwrap();
    sealkit(&home, "create secret my_secret --remote -f -").input(VALUE).run().unwrap();
    let line = format!("run --remote --registry {repository}");
    let finished = run(&home, &line, &saved("using_secrets"), "main");
    assert_succeeded(&finished);
    assert!(finished.stderr.contains(&format!("Pushed `{repository}/using_secrets:")), "{finished}");
    // The official configuration names the registry, too.
    plane.configure(&home, &format!("image:\n  registry: {repository}\n")).unwrap();
    let again = run(&home, "run --remote", &saved("using_secrets"), "main");
    assert_succeeded(&again);
    assert!(again.stderr.contains("is in the registry already"), "{again}");
    assert_eq!(uploads(&plane), 0);
    for request in plane.requests("CreateRun").unwrap() {
        let container = &request["request"]["task_spec"]["task_template"]["container"];
        let image = container["image"].as_str().unwrap();
        assert!(image.starts_with(&format!("{repository}/using_secrets@sha256:")), "{image}");
        assert_eq!(container["args"][0], "using_secrets");
    }
}
