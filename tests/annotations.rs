//! What the backend makes of a request of ours on its way to the webhook.

use sealkit::{MountType, Secret};
use sealkit_idl::{core as idl, prost::Message};
use serde::Deserialize;
use support::{Python, hex};

#[derive(Debug, Deserialize)]
struct Answer {
    text: String,
    annotation: String,
}

#[test]
fn a_request_becomes_the_annotation_that_the_webhook_reads() {
    let Some(python) = Python::from_environment() else { return };
    let cases: [(Secret, &str, &str); 3] = [
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
    let questions: Vec<String> =
        cases.iter().map(|(secret, ..)| hex(&idl::Secret::from(*secret).encode_to_vec())).collect();
    let answers: Vec<Answer> = python.ask("flyte_annotations.py", &questions).unwrap();
    for ((_, text, annotation), answer) in cases.iter().zip(answers) {
        assert_eq!(answer.text, *text);
        assert_eq!(answer.annotation, *annotation, "{text}");
    }
}
