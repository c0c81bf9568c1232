//! Pods whose inputs and outputs are objects of an S3 server.

use sealkit::{Type, Value, literal};
use sealkit_idl::{
    core::{ContainerErrorKind, ErrorDocument, ErrorOrigin},
    prost::Message,
    task::{Inputs, NamedLiteral, Outputs},
};
use support::{Bucket, Finished, Program, Python};

const SECRET: &str = "Zx81-Spectrum-48K";

fn inputs(inputs: &[(&str, &str)]) -> Vec<u8> {
    let literal = |(name, text): &(&str, &str)| NamedLiteral {
        name: (*name).to_owned(),
        value: Some(literal::to_literal(Type::String, &Value::String((*text).to_owned())).unwrap()),
    };
    Inputs::from(inputs.iter().map(literal).collect::<Vec<_>>()).encode_to_vec()
}

/// Returns a pod of `task` as Flyte 2 starts it. Its objects are below `run`.
fn pod(bucket: &Bucket, run: &str, task: &str) -> Program {
    bucket.configure(pod_without_store(run, task))
}

fn pod_without_store(run: &str, task: &str) -> Program {
    Program::new(env!("CARGO_BIN_EXE_fixture"))
        .args("execute --run-name {{.runName}} --name {{.actionName}} --prev-checkpoint \"\" --task")
        .arg(task)
        .args(&format!("--inputs s3://flyte/{run}/inputs.pb --outputs-path s3://flyte/{run}/a0/1/"))
        .env("FLYTE_INTERNAL_EXECUTION_ID", "run-1")
        .env("RUN_NAME", "run-1")
        .env("_UNION_MY_SECRET", SECRET)
}

/// Returns the error that a pod wrote to the bucket.
fn error(bucket: &Bucket, run: &str, finished: &Finished) -> String {
    assert_eq!(finished.code, Some(0), "{finished}");
    assert_eq!(bucket.get(&format!("{run}/a0/1/outputs.pb")).unwrap(), None);
    let bytes = bucket.get(&format!("{run}/a0/1/error.pb")).unwrap().unwrap();
    let error = ErrorDocument::decode(&*bytes).unwrap().error.unwrap();
    assert_no_secrets(bucket, &format!("{error:?} {finished}"));
    let kind = ContainerErrorKind::try_from(error.kind).unwrap();
    let origin = ErrorOrigin::try_from(error.origin).unwrap();
    format!("{} {kind:?} {origin:?}: {}", error.code, error.message)
}

/// Asserts that a text contains neither the secret nor the keys of the bucket.
fn assert_no_secrets(bucket: &Bucket, text: &str) {
    for secret in [SECRET, &bucket.access_key, &bucket.secret_key] {
        assert!(!text.contains(secret), "{text}");
    }
}

#[test]
#[cfg_attr(not(has_python), ignore = "needs TEST_PYTHON")]
fn a_pod_reads_its_inputs_from_a_store_and_writes_its_output_there() {
    let python = Python::from_environment();
    let bucket = Bucket::new(&python).unwrap();
    // Flyte encodes the keys in URIs.
    for (encoded, run) in [("run", "run"), ("a%20run/with+ü", "a run/with+ü"), ("a run", "a run")] {
        bucket.put(&format!("{run}/inputs.pb"), &inputs(&[("expected", SECRET)])).unwrap();
        let uri = |name: &str| format!("s3://flyte/{encoded}/{name}");
        let program = Program::new(env!("CARGO_BIN_EXE_fixture")).args("execute --task t1 --inputs");
        let program = program.arg(uri("inputs.pb")).args("--outputs-path").arg(uri("a0/1"));
        let program = program.env("FLYTE_INTERNAL_EXECUTION_ID", "run-1").env("_UNION_MY_SECRET", SECRET);
        assert_eq!(bucket.configure(program).run().unwrap().to_string(), "exit code 0\n");
        let bytes = bucket.get(&format!("{run}/a0/1/outputs.pb")).unwrap().unwrap();
        let output = Outputs::decode(&*bytes).unwrap().literals.remove(0);
        assert_eq!(output.name, "o0");
        assert_eq!(literal::from_literal(output.value.unwrap()).unwrap(), Value::Boolean(true));
        assert_eq!(bucket.get(&format!("{run}/a0/1/error.pb")).unwrap(), None);
    }
}

#[test]
#[cfg_attr(not(has_python), ignore = "needs TEST_PYTHON")]
fn an_error_is_written_to_the_store() {
    let python = Python::from_environment();
    let bucket = Bucket::new(&python).unwrap();
    let failure = |task: &str, pairs: &[(&str, &str)]| {
        bucket.put(&format!("{task}/inputs.pb"), &inputs(pairs)).unwrap();
        error(&bucket, task, &pod(&bucket, task, task).run().unwrap())
    };
    insta::assert_snapshot!(failure("failing", &[]), @"
    other Recoverable User: task `failing` failed: the warehouse cannot be reached
    caused by: connection refused
    ");
    insta::assert_snapshot!(failure("panicking", &[]), @"other Recoverable User: task `panicking` panicked: out of luck");
    insta::assert_snapshot!(failure("leaking", &[("way", "output")]), @r#"
    leak NonRecoverable User: task `leaking` failed: output `o0` of task `leaking` contains secret `my_secret` (in plain text, at byte 0 of 17)
    hint: return what was made with the secret, not the secret; to allow it, add to task `leaking`: allow_secret_in(output = "o0", secret = "my_secret", because = "...")
    "#);
    insta::assert_snapshot!(error(&bucket, "missing", &pod(&bucket, "missing", "failing").run().unwrap()), @"io Recoverable User: cannot read the inputs `s3://flyte/missing/inputs.pb`: object not found (`NoSuchKey`)");
}

#[test]
#[cfg_attr(not(has_python), ignore = "needs TEST_PYTHON")]
fn errors_of_an_unusable_store_contain_no_key() {
    let python = Python::from_environment();
    let bucket = Bucket::new(&python).unwrap();
    bucket.put("run/inputs.pb", &inputs(&[])).unwrap();
    let run = |program: Program| {
        let finished = program.run().unwrap();
        assert_no_secrets(&bucket, &finished.to_string());
        assert!(!finished.to_string().contains("AKIA-unknown") && !finished.to_string().contains("wr0ng"));
        finished
    };
    let wrong_secret = pod(&bucket, "run", "failing").env("FLYTE_AWS_SECRET_ACCESS_KEY", "wr0ng-secret-key");
    insta::assert_snapshot!(run(wrong_secret), @"
    exit code 1
    -- stderr
    error: cannot read the inputs `s3://flyte/run/inputs.pb`: permission denied by the object store (`SignatureDoesNotMatch`)
    hint: set FLYTE_AWS_ENDPOINT, FLYTE_AWS_ACCESS_KEY_ID and FLYTE_AWS_SECRET_ACCESS_KEY in the pod, or use AWS_* variables or the role of its service account
    error: cannot write `s3://flyte/run/a0/1/error.pb`: permission denied by the object store (`SignatureDoesNotMatch`)
    hint: set FLYTE_AWS_ENDPOINT, FLYTE_AWS_ACCESS_KEY_ID and FLYTE_AWS_SECRET_ACCESS_KEY in the pod, or use AWS_* variables or the role of its service account
    ");
    let unknown_key = pod(&bucket, "run", "failing").env("FLYTE_AWS_ACCESS_KEY_ID", "AKIA-unknown");
    insta::assert_snapshot!(run(unknown_key), @"
    exit code 1
    -- stderr
    error: cannot read the inputs `s3://flyte/run/inputs.pb`: permission denied by the object store (`InvalidAccessKeyId`)
    hint: set FLYTE_AWS_ENDPOINT, FLYTE_AWS_ACCESS_KEY_ID and FLYTE_AWS_SECRET_ACCESS_KEY in the pod, or use AWS_* variables or the role of its service account
    error: cannot write `s3://flyte/run/a0/1/error.pb`: permission denied by the object store (`InvalidAccessKeyId`)
    hint: set FLYTE_AWS_ENDPOINT, FLYTE_AWS_ACCESS_KEY_ID and FLYTE_AWS_SECRET_ACCESS_KEY in the pod, or use AWS_* variables or the role of its service account
    ");
    let unreachable = pod(&bucket, "run", "failing").env("FLYTE_AWS_ENDPOINT", "http://127.0.0.1:1");
    insta::assert_snapshot!(run(unreachable), @"
    exit code 1
    -- stderr
    error: cannot read the inputs `s3://flyte/run/inputs.pb`: cannot connect to the object store: Connection refused (os error 111)
    hint: set FLYTE_AWS_ENDPOINT, FLYTE_AWS_ACCESS_KEY_ID and FLYTE_AWS_SECRET_ACCESS_KEY in the pod, or use AWS_* variables or the role of its service account
    error: cannot write `s3://flyte/run/a0/1/error.pb`: cannot connect to the object store: Connection refused (os error 111)
    hint: set FLYTE_AWS_ENDPOINT, FLYTE_AWS_ACCESS_KEY_ID and FLYTE_AWS_SECRET_ACCESS_KEY in the pod, or use AWS_* variables or the role of its service account
    ");
    let no_tls =
        pod(&bucket, "run", "failing").env("FLYTE_AWS_ENDPOINT", bucket.endpoint.replace("http", "https"));
    insta::assert_snapshot!(run(no_tls), @"
    exit code 1
    -- stderr
    error: cannot read the inputs `s3://flyte/run/inputs.pb`: cannot connect to the object store: received corrupt message of type InvalidContentType
    hint: set FLYTE_AWS_ENDPOINT, FLYTE_AWS_ACCESS_KEY_ID and FLYTE_AWS_SECRET_ACCESS_KEY in the pod, or use AWS_* variables or the role of its service account
    error: cannot write `s3://flyte/run/a0/1/error.pb`: cannot connect to the object store: received corrupt message of type InvalidContentType
    hint: set FLYTE_AWS_ENDPOINT, FLYTE_AWS_ACCESS_KEY_ID and FLYTE_AWS_SECRET_ACCESS_KEY in the pod, or use AWS_* variables or the role of its service account
    ");
    let no_bucket = bucket.configure(
        Program::new(env!("CARGO_BIN_EXE_fixture"))
            .args("execute --task failing --inputs s3://nowhere/inputs.pb --outputs-path s3://nowhere/run"),
    );
    insta::assert_snapshot!(run(no_bucket), @"
    exit code 1
    -- stderr
    error: cannot read the inputs `s3://nowhere/inputs.pb`: bucket `nowhere` not found (`NoSuchBucket`)
    hint: set FLYTE_AWS_ENDPOINT, FLYTE_AWS_ACCESS_KEY_ID and FLYTE_AWS_SECRET_ACCESS_KEY in the pod, or use AWS_* variables or the role of its service account
    error: cannot write `s3://nowhere/run/error.pb`: bucket `nowhere` not found (`NoSuchBucket`)
    hint: set FLYTE_AWS_ENDPOINT, FLYTE_AWS_ACCESS_KEY_ID and FLYTE_AWS_SECRET_ACCESS_KEY in the pod, or use AWS_* variables or the role of its service account
    ");
}

#[test]
#[cfg_attr(not(has_python), ignore = "needs TEST_PYTHON")]
fn a_pod_without_variables_of_flyte_uses_those_of_aws() {
    let python = Python::from_environment();
    let bucket = Bucket::new(&python).unwrap();
    bucket.put("run/inputs.pb", &inputs(&[])).unwrap();
    let program = pod_without_store("run", "failing")
        .env("AWS_ENDPOINT_URL", &bucket.endpoint)
        .env("AWS_ACCESS_KEY_ID", &bucket.access_key)
        .env("AWS_SECRET_ACCESS_KEY", &bucket.secret_key);
    let error = error(&bucket, "run", &program.run().unwrap());
    assert!(error.starts_with("other Recoverable User: task `failing` failed: "), "{error}");
}
