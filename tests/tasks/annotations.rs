//! The annotations that the backend of Flyte creates from secret requests.

use std::{collections::BTreeMap, process::Command};

use sealkit::{MountType, Secret};
use sealkit_idl::{core as idl, prost::Message};
use serde::Deserialize;
use serde_json::json;
use support::{Python, hex};

#[derive(Debug, Deserialize)]
struct Answer {
    text: String,
    annotation: String,
}

/// Requests with their text format and their annotations.
const CASES: [(Secret, &str, &str); 3] = [
    (Secret::new("my_key"), "key: \"my_key\"\n", "nnsxsoraejwxsx2lmv3secq"),
    (
        Secret::new("k").group("g").mount(MountType::File).env_var("E"),
        "group: \"g\"\nkey: \"k\"\nmount_requirement: FILE\nenv_var: \"E\"\n",
        "m4zg54lqhiqcezzcbjvwk5j1eargwiqknvxxk2tul4zgk3lvnfzgk2lfnz1duicgjfgekctfnz2f54tboi4caisfeifa",
    ),
    (
        Secret::new("my-secret").mount(MountType::EnvVar).env_var("MY_SECRET"),
        "key: \"my-secret\"\nmount_requirement: ENV_VAR\nenv_var: \"MY_SECRET\"\n",
        "nnsxsoraejwxslltmvrxezlueifg122vnz1f53tfof1ws3tfnvsw34b1ebcu3vs6kzavectfnz2f54tboi4caisnlfpvgrkdkjcviiqk",
    ),
];

#[test]
#[cfg_attr(not(has_python), ignore = "needs TEST_PYTHON")]
fn a_request_becomes_an_annotation_for_the_webhook() {
    let python = Python::from_environment();
    let questions: Vec<String> =
        CASES.iter().map(|(secret, ..)| hex(&idl::Secret::from(*secret).encode_to_vec())).collect();
    let answers: Vec<Answer> = python.ask("flyte_annotations.py", &questions).unwrap();
    for ((_, text, annotation), answer) in CASES.iter().zip(answers) {
        assert_eq!(answer.text, *text);
        assert_eq!(answer.annotation, *annotation, "{text}");
    }
}

#[test]
#[cfg_attr(not(has_python), ignore = "needs TEST_PYTHON")]
fn the_requests_of_a_task_become_annotations_in_their_order() {
    let python = Python::from_environment();
    let program = |task| Command::new(env!("CARGO_BIN_EXE_specs")).args(["spec", task]).output().unwrap();
    let questions = ["annotated", "nothing"].map(|task| json!({"task_spec": hex(&program(task).stdout)}));
    let answers: Vec<BTreeMap<String, Answer>> = python.ask("flyte_annotations.py", &questions).unwrap();
    let answers = answers.iter().map(|answers| {
        answers.iter().map(|(name, answer)| (&**name, &*answer.annotation)).collect::<Vec<_>>()
    });
    let names = ["flyte.secrets/s0", "flyte.secrets/s1", "flyte.secrets/s2"];
    let expected = names.into_iter().zip(CASES.map(|(.., annotation)| annotation)).collect();
    assert_eq!(answers.collect::<Vec<_>>(), [expected, vec![]]);
}
