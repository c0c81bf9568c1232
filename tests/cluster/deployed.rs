//! Calls of deployed tasks: those of the official SDK, and those of other programs.

use std::{fs, path::Path};

use serde_json::{Value as Json, json};
use support::{ControlPlane, Finished, Home, Program, Python};
use tempfile::TempDir;

use crate::setup;

pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_deployed_tasks");
const SECRET: &str = "k3Jq-71xT/wQz9vB2m";

/// A control plane with the tasks of `flyte_deployed.py`.
pub(crate) struct Setup {
    pub(crate) plane: ControlPlane,
    pub(crate) home: Home,
    _project: TempDir,
}

impl Setup {
    /// Deploys the tasks in these versions.
    pub(crate) fn new(versions: &[&str]) -> Self {
        let python = Python::from_environment();
        let entrypoint = format!("--program=a0={}", python.tool("a0").display());
        let program = format!("--program=/app/tasks={PROGRAM}");
        let (plane, home) = setup::start(&[&entrypoint, &program, "--storage=s3://bucket", "--strict"]);
        let created = home.sealkit("create secret my_secret --remote -f -").input(SECRET).run().unwrap();
        assert_eq!(created.code, Some(0), "{created}");
        let project = tempfile::tempdir().unwrap();
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("support/flyte_deployed.py");
        fs::copy(file, project.path().join("flyte_deployed.py")).unwrap();
        for version in versions {
            let deployed = plane.deploy_python(project.path(), version).unwrap();
            assert_eq!(deployed.code, Some(0), "{deployed}");
        }
        Self { plane, home, _project: project }
    }

    pub(crate) fn program(&self, line: &str) -> Program {
        self.home.sealkit("run --remote").args(line)
    }

    /// Runs a task of the program.
    pub(crate) fn run(&self, line: &str) -> Finished {
        self.home
            .sealkit("run --remote --image app:1 --program /app/tasks")
            .arg(PROGRAM)
            .args(line)
            .run()
            .unwrap()
    }

    pub(crate) fn deployed(&self, line: &str) -> Finished {
        self.program("--deployed").args(line).run().unwrap()
    }
}

#[test]
#[cfg_attr(not(has_python), ignore = "needs TEST_PYTHON")]
fn a_workflow_calls_tasks_in_python() {
    let setup = Setup::new(&["v1", "v2"]);
    let finished = setup.run("evaluate --rows [1,2]");
    assert_eq!((finished.code, &*finished.stdout), (Some(0), "\"SCORE 5 6\"\n"), "{finished}");
    let enqueued = setup.plane.requests("Enqueue").unwrap();
    let tasks: Vec<&Json> = enqueued.iter().map(|request| &request["request"]["action"]["task"]).collect();
    let versions: Vec<_> = tasks.iter().map(|task| (&task["id"]["name"], &task["id"]["version"])).collect();
    assert_eq!(versions, [(&json!("model.score"), &json!("v2")), (&json!("model.split"), &json!("v1"))]);
    // The child is the deployed task itself, with everything that its SDK has written.
    for task in tasks {
        let deployed = setup.plane.requests("DeployTask").unwrap();
        let same = deployed.iter().find(|request| request["request"]["task_id"] == task["id"]).unwrap();
        assert_eq!(task["spec"], same["request"]["spec"]);
    }
    // Alone, with the program and without it.
    let alone = setup.run("score --rows [1,2] --factor 0.5");
    assert_eq!((alone.code, &*alone.stdout), (Some(0), "1.5\n"), "{alone}");
    let alone = setup.deployed("model.score --rows [1,2]");
    assert_eq!((alone.code, &*alone.stdout), (Some(0), "1.5\n"), "{alone}");
    let of_version = setup.deployed("model.split:v1 --text=abc");
    assert_eq!(&*of_version.stdout, "{\"o0\":\"ABC\",\"o1\":3}\n", "{of_version}");
    let runs = setup.plane.requests("CreateRun").unwrap();
    let ids: Vec<_> = runs
        .iter()
        .skip(1)
        .map(|run| (&run["request"]["task_id"]["version"], &run["request"]["task_spec"]))
        .collect();
    assert_eq!(ids, [(&json!("v2"), &Json::Null), (&json!("v2"), &Json::Null), (&json!("v1"), &Json::Null)]);
}

/// The official SDK would take a plain value for any variant, or refuse it as ambiguous.
#[test]
#[cfg_attr(not(has_python), ignore = "needs TEST_PYTHON")]
fn a_value_names_its_variant_of_a_union() {
    let setup = Setup::new(&["v1"]);
    let finished = setup.run("unions");
    let expected = "\"1 'word' Colour.RED None [Record(name='x', n=2), None] None\"\n";
    assert_eq!((finished.code, &*finished.stdout), (Some(0), expected), "{finished}");
    let line = r#"--number 1.5 --colour word --perhaps RED --when null --records [{"name":"x"}]"#;
    let alone = setup.run(&format!("variants {}", line.replace("1.5", "1").replace('}', r#","n":2}"#)));
    assert_eq!(&*alone.stdout, "\"1 'word' Colour.RED None [Record(name='x', n=2)]\"\n", "{alone}");
    let deployed = setup.deployed(&format!("model.variants {line}"));
    assert_eq!(&*deployed.stdout, "\"1.5 'word' Colour.RED None [Record(name='x', n=1)]\"\n", "{deployed}");
    let none = setup.deployed("model.needs_nothing");
    assert_eq!(&*none.stdout, "\"None\"\n", "{none}");
}

#[test]
#[cfg_attr(not(has_python), ignore = "needs TEST_PYTHON")]
fn a_step_is_recorded_as_a_trace_of_the_official_sdk() {
    let setup = Setup::new(&["v1"]);
    let recorded = |finished: Finished| {
        assert_eq!((finished.code, &*finished.stdout), (Some(0), "5\n"), "{finished}");
        let mut action = setup.plane.requests("Enqueue").unwrap().pop().unwrap()["request"]["action"].clone();
        let run = action["action_id"]["run"]["name"].take();
        let name = action["action_id"]["name"].take();
        let mut text = action.to_string();
        for (value, shown) in [(run, "RUN"), (name, "NAME")] {
            text = text.replace(value.as_str().unwrap(), shown);
        }
        let mut action: Json = serde_json::from_str(&text).unwrap();
        for time in ["start_time", "end_time"] {
            assert!(action["trace"][time].take().is_string(), "{text}");
        }
        action
    };
    let official = recorded(setup.deployed("model.traced"));
    assert_eq!(recorded(setup.run("stepped")), official);
}

#[test]
#[cfg_attr(not(has_python), ignore = "needs TEST_PYTHON")]
fn a_file_that_is_a_default_is_not_uploaded_from_here() {
    let setup = Setup::new(&["v1"]);
    let uploads = || setup.plane.requests("CreateUploadLocation").unwrap().len();
    let before = uploads();
    for finished in [setup.run("named"), setup.deployed("model.named")] {
        assert_eq!((finished.code, &*finished.stdout), (Some(0), "\"/etc/hostname\"\n"), "{finished}");
    }
    assert_eq!(uploads(), before);
}

#[test]
#[cfg_attr(not(has_python), ignore = "needs TEST_PYTHON")]
fn a_failed_look_up_of_a_task_is_retried_with_its_caller() {
    let setup = Setup::new(&["v1"]);
    setup
        .plane
        .fail(&json!({"method": "ListTasks", "code": "internal", "message": "no", "times": 1}))
        .unwrap();
    let finished = setup.run("patient");
    assert_eq!((finished.code, &*finished.stdout), (Some(0), "1.0\n"), "{finished}");
    assert_eq!(setup.plane.requests("ListTasks").unwrap().len(), 2);
}

#[test]
#[cfg_attr(not(has_python), ignore = "needs TEST_PYTHON")]
fn a_task_that_is_deployed_otherwise_cannot_be_called() {
    let setup = Setup::new(&["v1"]);
    let errors: Vec<String> = ["version", "name", "type", "input", "output", "fields", "missing", "fail"]
        .iter()
        .map(|how| {
            let finished = setup.run(&format!("fails --how {how}"));
            assert_eq!(finished.code, Some(1), "{finished}");
            let error = finished.stderr.lines().skip_while(|line| !line.starts_with("error"));
            error.collect::<Vec<_>>().join("\n").replace(setup.plane.endpoint(), "PLANE")
        })
        .collect();
    insta::assert_snapshot!(errors.join("\n"), @"
    error: task `fails` failed: call of task `old_score`: no task `model.score` of version `v9` is deployed in project `flytesnacks`, domain `development` on `PLANE`
    hint: its latest version is `v1`
    error: task `fails` failed: call of task `misspelled`: no task `model.scor` is deployed in project `flytesnacks`, domain `development` on `PLANE`
    hint: did you mean `model.score`?
    error: task `fails` failed: call of task `score_of_text`: task `model.score:v1` takes the input `rows` as list of integer, not as string
    hint: see `sealkit run --remote -p flytesnacks -d development --deployed model.score:v1 --help`
    error: task `fails` failed: call of task `score_of_columns`: task `model.score:v1` has no input `columns`: it has `factor`, `note`, `rows`
    hint: see `sealkit run --remote -p flytesnacks -d development --deployed model.score:v1 --help`
    error: task `fails` failed: call of task `text_score`: task `model.score:v1` returns `o0` as float, not as string
    hint: see `sealkit run --remote -p flytesnacks -d development --deployed model.score:v1 --help`
    error: task `fails` failed: call of task `name_of_record`: task `model.record:v1` returns `o0` as Record { n, name }, not as Name { name }
    hint: see `sealkit run --remote -p flytesnacks -d development --deployed model.record:v1 --help`
    error: task `fails` failed: call of task `score_of_nothing`: task `model.score:v1` is called without `rows` (list of integer)
    hint: see `sealkit run --remote -p flytesnacks -d development --deployed model.score:v1 --help`
    error: task `fails` failed: there is nothing to score
    ");
    let secret = setup.run("tells");
    assert!(!secret.to_string().contains(SECRET), "{secret}");
    assert!(secret.code == Some(1) && secret.stderr.contains("contains secret `my_secret`"), "{secret}");
    // Only the last of the calls started a pod.
    assert_eq!(setup.plane.requests("Enqueue").unwrap().len(), 1);
}

#[test]
#[cfg_attr(not(has_python), ignore = "needs TEST_PYTHON")]
fn only_the_tasks_of_the_program_are_deployed() {
    let setup = Setup::new(&[]);
    let deploy = || setup.home.sealkit("deploy --version v1 --image app:1 --program /app/tasks").arg(PROGRAM);
    let deployed = deploy().run().unwrap();
    assert_eq!(
        &*deployed.stdout, "evaluate v1\nfails v1\npatient v1\nstepped v1\ntells v1\nunions v1\n",
        "{deployed}"
    );
    let refused = deploy().arg("score").run().unwrap();
    assert!(
        refused.code == Some(2) && refused.stderr.contains("refers to deployed task `model.score`"),
        "{refused}"
    );
    // A task of another program is found like one in Python.
    let alone = setup.deployed("fails --how version");
    assert!(alone.code == Some(1) && alone.stderr.contains("model.score"), "{alone}");
}

#[test]
fn a_local_run_needs_a_body() {
    let home = Home::new(env!("CARGO_BIN_EXE_command")).unwrap();
    let run = |line: &str| home.sealkit("run").arg(PROGRAM).args(line).run().unwrap();
    let capitalized = run("capitalize --text word");
    assert_eq!(
        (capitalized.code, &*capitalized.stdout),
        (Some(0), "{\"o0\":\"word here\",\"o1\":0}\n"),
        "{capitalized}"
    );
    let evaluated = run("evaluate --rows [1]");
    let message = "task `score` failed: cannot run `model.score` here: it is deployed on a cluster, and the function has no body\nhint: run its caller on a cluster";
    assert!(evaluated.code == Some(1) && evaluated.stderr.contains(message), "{evaluated}");
    let described = home.sealkit("describe").arg(PROGRAM).arg("score").run().unwrap();
    assert!(described.stdout.contains("deployed as model.score"), "{described}");
}
