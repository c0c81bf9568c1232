//! A task is sent as the official SDK sends the same task.
//!
//! The tasks are in `support/specs.rs`, and in `support/flyte_task_spec.py` for the official SDK.

use std::{path::Path, process::Command, time::Duration};

use sealkit_idl::{prost::Message, task::TaskSpec};
use sealkit_program::{Program, triggers};
use sealkit_remote::{Deployment, PodProgram, Resource};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json, json};
use support::{Python, hex};

const TASKS: [&str; 33] = [
    "nothing",
    "secret_in_environment",
    "secret_of_group",
    "secret_in_file",
    "secret_of_group_in_file",
    "secret_in_named_variable",
    "secrets_of_all_kinds",
    "limited",
    "limited_to_a_fraction",
    "limited_in_every_way",
    "limited_with_constant_delays",
    "inputs_of_simple_kinds",
    "inputs_of_other_kinds",
    "inputs_of_large_kinds",
    "inputs_with_defaults",
    "configured",
    "configured_by_its_environment",
    "with_a_part_of_a_gpu",
    "with_a_tpu",
    "cached",
    "cached_in_every_way",
    "cached_automatically",
    "scheduled",
    "scheduled_in_every_way",
    "scheduled_with_its_time",
    "output_tuple",
    "output_named",
    "output_number",
    "output_perhaps",
    "output_map",
    "output_colour",
    "output_file",
    "output_dir",
];

#[derive(Serialize)]
struct Question<'a> {
    task: &'a str,
    spec: String,
    triggers: Vec<String>,
    org: &'a str,
    project: &'a str,
    domain: &'a str,
    version: &'a str,
    image: &'a str,
    environment: &'a [(String, String)],
    resources: Map<String, Json>,
}

/// Both specifications, as the official package reads them.
#[derive(Debug, Deserialize)]
struct Answer {
    ours: Json,
    theirs: Json,
}

/// Returns the specification of a task that the test program prints.
fn spec(task: &str) -> TaskSpec {
    let output = Command::new(env!("CARGO_BIN_EXE_specs")).args(["spec", task]).output().unwrap();
    assert!(output.status.success(), "{task}: {}", String::from_utf8_lossy(&output.stderr));
    TaskSpec::decode(&*output.stdout).unwrap()
}

fn deployment() -> Deployment {
    Deployment {
        org: "acme".to_owned(),
        project: "flytesnacks".to_owned(),
        domain: "development".to_owned(),
        version: Some("v1".to_owned()),
        image: "registry/app:1".to_owned(),
        program: PodProgram::Image { path: "/app/tasks".to_owned() },
        ..Deployment::default()
    }
}

fn ask(python: &Python, deployment: &Deployment) -> Vec<Answer> {
    let resource = |(resource, amount): &(Resource, String)| {
        let is_counted = *resource == Resource::Gpu;
        let amount = if is_counted { json!(amount.parse::<u32>().unwrap()) } else { json!(amount) };
        (resource.as_str().to_owned(), amount)
    };
    let program = Program::open(Path::new(env!("CARGO_BIN_EXE_specs")), Duration::from_secs(60)).unwrap();
    let questions = TASKS.map(|task| {
        let mut spec = spec(task);
        deployment.apply_to(&mut spec);
        let triggers = triggers(program.task(task).unwrap(), &spec);
        Question {
            task,
            spec: hex(&spec.encode_to_vec()),
            triggers: triggers.iter().map(|trigger| hex(&trigger.encode_to_vec())).collect(),
            org: &deployment.org,
            project: &deployment.project,
            domain: &deployment.domain,
            version: deployment.version.as_deref().unwrap(),
            image: &deployment.image,
            environment: &deployment.environment,
            resources: deployment.resources.iter().map(resource).collect(),
        }
    });
    python.ask("flyte_task_spec.py", &questions).unwrap()
}

/// Returns the differences between two messages, with their paths.
fn differences(path: &str, ours: &Json, theirs: &Json) -> Vec<String> {
    match (ours, theirs) {
        (Json::Object(a), Json::Object(b)) => {
            let names = a.keys().chain(b.keys().filter(|name| !a.contains_key(*name)));
            let below = names.map(|name| differences(&format!("{path}/{name}"), &ours[name], &theirs[name]));
            below.flatten().collect()
        }
        (Json::Array(a), Json::Array(b)) if a.len() == b.len() => {
            let items = a.iter().zip(b).enumerate();
            items.flat_map(|(i, (a, b))| differences(&format!("{path}/{i}"), a, b)).collect()
        }
        _ if ours == theirs => Vec::new(),
        _ => vec![format!("{path}: {ours} is sent, {theirs} by the official SDK")],
    }
}

#[track_caller]
fn assert_same(task: &str, answer: &Answer) {
    assert_eq!(differences(task, &answer.ours, &answer.theirs), [""; 0]);
    // A null and a missing field differ.
    assert_eq!(answer.ours, answer.theirs, "{task}");
}

/// Removes the field at `path` from a message, and returns it.
fn take(message: &mut Json, path: &str) -> Json {
    let (parent, field) = path.rsplit_once('/').unwrap();
    let parent = message.pointer_mut(parent).and_then(Json::as_object_mut);
    parent.and_then(|parent| parent.remove(field)).unwrap_or_default()
}

/// Checks the intended differences between the two specifications, and removes them.
fn take_known_differences(task: &str, answer: &mut Answer) {
    let prefixed = format!("specs.{task}");
    let differences = [
        // A sealkit name is unique in its program, an official one in an environment.
        ("/task_template/id/name", json!(task), json!(prefixed)),
        // Neither type is a plugin of the backend. Readers of `python` expect Python's arguments.
        ("/task_template/type", json!("rust-task"), json!("python")),
        ("/task_template/metadata/runtime/flavor", json!("rust"), json!("python")),
        // Rust images contain no debugger for the console to start.
        ("/task_template/metadata/debuggable", Json::Null, json!(true)),
        // Without the field, a task has no report.
        ("/task_template/metadata/generates_deck", Json::Null, json!(false)),
    ];
    for (path, ours, theirs) in differences {
        assert_eq!(take(&mut answer.ours, path), ours, "{task}: {path}");
        assert_eq!(take(&mut answer.theirs, path), theirs, "{task}: {path}");
    }
    // Without a version, the official SDK sends a digest of the Python source.
    if !["cached", "cached_in_every_way"].contains(&task) {
        let path = "/task_template/metadata/discovery_version";
        assert_eq!(take(&mut answer.ours, path).is_string(), task == "cached_automatically", "{task}");
        assert!(take(&mut answer.theirs, path).is_string(), "{task}");
    }
    // The programs differ. The options that the backend fills in are the same.
    let [ours, theirs] = [&mut answer.ours, &mut answer.theirs]
        .map(|message| take(message, "/task_template/container/args"))
        .map(|args| args.as_array().unwrap().clone());
    let filled = "--inputs {{.input}} --outputs-path {{.outputPrefix}} --raw-data-path {{.rawOutputDataPrefix}} \
                  --run-name {{.runName}} --name {{.actionName}} --run-start-time {{.runStartTime}}";
    let filled: Vec<&str> = filled.split(' ').collect();
    assert_eq!(ours, [["/app/tasks", "execute", "--task", task].as_slice(), &filled].concat());
    for pair in filled.chunks(2) {
        assert!(theirs.windows(2).any(|theirs| theirs == pair), "{task}: {pair:?} is not in {theirs:?}");
    }
}

/// Removes the environment, and returns the variables that sealkit adds for the tasks that a task calls.
fn take_environment(answer: &mut Answer) -> Vec<Json> {
    let path = "/task_template/container/env";
    let mut ours = take(&mut answer.ours, path).as_array().cloned().unwrap_or_default();
    let theirs = take(&mut answer.theirs, path).as_array().cloned().unwrap_or_default();
    let added = ours.split_off(theirs.len());
    assert_eq!(ours, theirs);
    added
}

#[test]
#[cfg_attr(not(has_python), ignore = "needs TEST_PYTHON")]
fn a_task_is_sent_as_the_official_sdk_sends_it() {
    let python = Python::from_environment();
    for (task, mut answer) in TASKS.into_iter().zip(ask(&python, &deployment())) {
        take_known_differences(task, &mut answer);
        let variable = |key: &str, value: &str| json!({"key": key, "value": value});
        let mut environment = vec![variable("SEALKIT_IMAGE", "registry/app:1")];
        // The supervisor of the pod enforces the timeout.
        let timeout = match task {
            "limited" => Some("90"),
            "limited_in_every_way" => Some("30"),
            "limited_to_a_fraction" => Some("1.5"),
            _ => None,
        };
        environment.extend(timeout.map(|timeout| variable("SEALKIT_TASK_TIMEOUT_SECONDS", timeout)));
        assert_eq!(take_environment(&mut answer), environment, "{task}");
        // The official SDK does not send the documentation of a task.
        let docs = (task == "nothing")
            .then(|| json!({"short_description": "In short.", "long_description": "In short.\n\nIn full."}));
        assert_eq!(take(&mut answer.ours, "/documentation"), docs.unwrap_or_default(), "{task}");
        assert_same(task, &answer);
    }
}

#[test]
#[cfg_attr(not(has_python), ignore = "needs TEST_PYTHON")]
fn environments_and_resources_are_sent_as_the_official_sdk_sends_them() {
    let python = Python::from_environment();
    let deployment = Deployment {
        environment: ["MODE", "LEVEL"].map(|name| (name.to_owned(), "fast = 1".to_owned())).into(),
        resources: [
            (Resource::Cpu, "500m"),
            (Resource::Memory, "1Gi"),
            (Resource::Gpu, "1"),
            (Resource::Disk, "10Gi"),
        ]
        .map(|(resource, amount)| (resource, amount.to_owned()))
        .into(),
        ..deployment()
    };
    for (task, mut answer) in TASKS.into_iter().zip(ask(&python, &deployment)) {
        // Other tasks have an environment and resources of their own.
        if task.starts_with("configured") || task.starts_with("with_a") {
            continue;
        }
        take_known_differences(task, &mut answer);
        let added = ["SEALKIT_IMAGE", "SEALKIT_SHARED"].map(|key| json!(key));
        let mut names: Vec<Json> =
            take_environment(&mut answer).iter().map(|pair| pair["key"].clone()).collect();
        names.retain(|name| name != "SEALKIT_TASK_TIMEOUT_SECONDS");
        assert_eq!(names, added, "{task}");
        take(&mut answer.ours, "/documentation");
        assert_same(task, &answer);
    }
}
