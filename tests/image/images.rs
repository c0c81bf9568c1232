//! The images: what is in them, and which programs they can hold.

use std::{fs, os::unix::fs::PermissionsExt as _, process::Command};

use serde_json::Value as Json;
use support::{Registry, tool};

use crate::setup::{home, program, push};

/// Runs an installed program and returns its output.
fn run(name: &str, arguments: &[&str]) -> String {
    let output = Command::new(tool(name)).args(arguments).output().unwrap();
    assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
#[cfg_attr(not(all(has_registry, is_root)), ignore = "needs docker-registry, skopeo, umoci and root")]
fn the_program_runs_in_the_image_that_other_tools_unpack() {
    let (registry, home) = (Registry::start("", ""), home());
    let line = format!("build image {} --push {}/me/app:1", program().display(), registry.address);
    let pushed = home.run(&line).unwrap();
    assert_eq!(pushed.code, Some(0), "{pushed}");
    let pinned = pushed.stdout.trim();

    let image = home.path().join("image");
    let copy = format!("oci:{}:app", image.display());
    run("skopeo", &["copy", "--src-tls-verify=false", &format!("docker://{pinned}"), &copy]);
    let by_tag = format!("docker://{}/me/app:1", registry.address);
    let inspected = run("skopeo", &["inspect", "--tls-verify=false", &by_tag]);
    let inspected: Json = serde_json::from_str(&inspected).unwrap();
    assert_eq!(inspected["Digest"], pinned.split_once('@').unwrap().1);
    let architecture = if cfg!(target_arch = "aarch64") { "arm64" } else { "amd64" };
    assert_eq!((&inspected["Os"], &inspected["Architecture"]), (&"linux".into(), &architecture.into()));

    let bundle = home.path().join("bundle");
    run("umoci", &["unpack", "--image", &format!("{}:app", image.display()), bundle.to_str().unwrap()]);
    let config: Json = serde_json::from_slice(&fs::read(bundle.join("config.json")).unwrap()).unwrap();
    let process = &config["process"];
    assert_eq!((&process["user"]["uid"], &process["user"]["gid"]), (&65534.into(), &65534.into()));
    assert!(process["env"].as_array().unwrap().contains(&"PATH=/usr/local/bin".into()), "{process}");
    assert_eq!(process["args"], serde_json::json!(["app", "--help"]));

    // As a container starts it: without other files and without root. `chroot` searches for the program in `PATH`.
    let root = bundle.join("rootfs");
    let mut chroot = Command::new(tool("chroot"));
    chroot.arg("--userspec=65534:65534").arg(&root).args(["app", "execute"]);
    let output = chroot.env_clear().env("PATH", "/usr/local/bin").output().unwrap();
    let certificates = fs::metadata(root.join("etc/ssl/certs/ca-certificates.crt")).unwrap().len();
    assert!(certificates > 0);
    assert_eq!(String::from_utf8_lossy(&output.stdout), format!("execute {certificates}\n"), "{output:?}");
    assert_eq!(fs::metadata(root.join("tmp")).unwrap().permissions().mode() & 0o7777, 0o1777);
}

#[test]
#[cfg_attr(not(has_registry), ignore = "needs docker-registry, skopeo and umoci")]
fn the_same_program_is_pushed_once_with_a_tag_made_from_its_content() {
    let (registry, home) = (Registry::start("", ""), home());
    let first = push(&home, &registry.address, "me/app");
    let tag = first.stderr.split_once("app:").unwrap().1.split_once('`').unwrap().0;
    assert_eq!(first.code, Some(0), "{first}");
    assert_eq!(first.stdout, "REGISTRY/me/app@DIGEST\n");
    assert_eq!(first.stderr, format!("Pushed `REGISTRY/me/app:{tag}` (SIZE)\n"));
    assert!(tag.len() == 16 && tag.bytes().all(|byte| byte.is_ascii_hexdigit()), "{tag}");

    let again = push(&home, &registry.address, "me/app");
    assert_eq!(again.stderr, format!("`REGISTRY/me/app:{tag}` is in the registry already\n"));
    assert_eq!((again.code, again.stdout), (first.code, first.stdout));
}

#[test]
fn only_a_static_program_of_the_platform_becomes_an_image() {
    let home = home();
    let fixture = env!("CARGO_BIN_EXE_fixture");
    let script = home.path().join("script");
    fs::write(&script, "#!/bin/sh\n").unwrap();
    let other = if cfg!(target_arch = "aarch64") { "linux/amd64" } else { "linux/arm64" };
    let mut errors = String::new();
    for line in [
        format!("{fixture} --push localhost:1/app"),
        format!("{fixture} --push localhost:1/app --platform {other}"),
        format!("{} --push localhost:1/app", script.display()),
        format!("{fixture} --push app"),
        format!("{fixture} --push me/app:1"),
    ] {
        let finished = home.run(&format!("build image {line}")).unwrap();
        assert_eq!((finished.code, &*finished.stdout), (Some(2), ""), "{finished}");
        errors.push_str(&finished.stderr);
    }
    insta::assert_snapshot!(errors.replace(fixture, "fixture").replace(other, "OTHER"), @"
    error: `fixture` is not linked statically
    hint: let sealkit build the program: use its source file or its cargo target as TARGET
    error: `fixture` is not a program for OTHER
    hint: let sealkit build the program: use its source file or its cargo target as TARGET
    error: `~/script` is not a Linux program
    hint: let sealkit build the program: use its source file or its cargo target as TARGET
    error: invalid name of an image: `app`: it names no registry
    hint: write REGISTRY/NAME or REGISTRY/NAME:TAG, such as ghcr.io/me/app:1
    error: invalid name of an image: `me/app:1`: it names no registry
    hint: for Docker Hub: docker.io/me/app:1
    ");
}
