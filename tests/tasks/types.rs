//! Values and types are encoded as the official Python SDK encodes them.
//!
//! The expected bytes were printed by `flyte` 2.12. `wire.rs` compares random values with it.

use std::{
    collections::{BTreeMap, HashMap},
    fmt::Debug,
    time::{Duration, SystemTime},
};

use sealkit::{
    Dir, File, MountType, Secret, TaskMetadata, TaskType, Type, Value, current_context, literal, task,
    workflow,
};
use sealkit_idl::{core as idl, prost::Message};
use serde_json::json;
use support::hex;

use crate::formats::{Csv, Jpg};

#[derive(Clone, Debug, PartialEq, TaskType)]
enum Colour {
    #[task_type(rename = "RED")]
    Red,
    #[task_type(rename = "GREEN")]
    Green,
}

#[derive(Clone, Debug, PartialEq, TaskType)]
struct D {
    a: i64,
    b: String,
    c: Option<f64>,
}

/// Asserts that `value` is encoded as `expected` and decoded from it.
#[track_caller]
#[expect(clippy::needless_pass_by_value, reason = "the calls read better")]
fn is<T: TaskType + PartialEq + Debug>(value: T, expected: &str) {
    let literal = literal::to_literal(T::TYPE, &value.to_value().unwrap()).unwrap();
    assert_eq!(hex(&literal.encode_to_vec()), expected, "{value:?}");
    let decoded = idl::Literal::decode(support::unhex(expected).unwrap().as_slice()).unwrap();
    assert_eq!(T::from_value(literal::from_literal(decoded).unwrap()).unwrap(), value);
}

#[track_caller]
fn type_is<T: TaskType>(expected: &str) {
    assert_eq!(hex(&literal::literal_type(T::TYPE).encode_to_vec()), expected, "{}", T::TYPE);
}

fn map<T>(entries: impl IntoIterator<Item = (&'static str, T)>) -> BTreeMap<String, T> {
    entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
}

#[test]
fn simple_values_are_primitives() {
    is(1_i64, "0a040a020801");
    is(-1_i64, "0a0d0a0b08ffffffffffffffffff01");
    is(1_u8, "0a040a020801");
    is(1.5_f64, "0a0b0a0911000000000000f83f");
    is(1.5_f32, "0a0b0a0911000000000000f83f");
    is(true, "0a040a022001");
    is(false, "0a040a022000");
    is("hé".to_owned(), "0a070a051a0368c3a9");
    is(String::new(), "0a040a021a00");
    type_is::<i64>("0801");
    type_is::<usize>("0801");
    type_is::<f64>("0802");
    type_is::<String>("0803");
    type_is::<bool>("0804");
}

#[test]
fn times_are_timestamps_and_durations() {
    let time = "0a100a0e2a0c08a5facdac061088eadcc302";
    is(SystemTime::UNIX_EPOCH + Duration::new(1_704_164_645, 678_901_000), time);
    is(chrono::DateTime::from_timestamp(1_704_164_645, 678_901_000).unwrap(), time);
    is(jiff::Timestamp::new(1_704_164_645, 678_901_000).unwrap(), time);
    let day = "0a0a0a082a060880a4cdac06";
    is(chrono::NaiveDate::from_ymd_opt(2024, 1, 2).unwrap(), day);
    is(jiff::civil::date(2024, 1, 2), day);
    let length = "0a0b0a0932070880a305108827";
    is(Duration::new(86_400, 5_000), length);
    is(chrono::TimeDelta::new(86_400, 5_000).unwrap(), length);
    is(jiff::SignedDuration::new(86_400, 5_000), length);
    for (expected, of) in [
        ("0805", SystemTime::TYPE),
        ("0805", chrono::NaiveDate::TYPE),
        ("0805", jiff::civil::Date::TYPE),
        ("0806", Duration::TYPE),
    ] {
        assert_eq!(hex(&literal::literal_type(of).encode_to_vec()), expected, "{of}");
    }
}

#[test]
fn collections_and_maps_hold_literals() {
    is(vec![1_i64, 2], "12100a060a040a0208010a060a040a020802");
    is(Vec::<i64>::new(), "1200");
    is(map([("a", 1_i64), ("b", 2)]), "1a1a0a0b0a016112060a040a0208010a0b0a016212060a040a020802");
    let unordered: HashMap<String, i64> = [("b".to_owned(), 2), ("a".to_owned(), 1)].into();
    is(unordered, "1a1a0a0b0a016112060a040a0208010a0b0a016212060a040a020802");
    is(
        vec![Some(1_i64), None],
        "12310a170a154a130a060a040a020801120908015a050a03696e740a160a144a120a040a022a00120a08005a060a046e6f6e65",
    );
    type_is::<Vec<Option<i64>>>("1a1952170a0908015a050a03696e740a0a08005a060a046e6f6e65");
}

#[test]
fn structs_and_objects_are_message_pack() {
    let object: serde_json::Map<String, serde_json::Value> =
        [("a".to_owned(), 1.into())].into_iter().collect();
    is(object, "0a111a0f0a0481a1610112076d73677061636b");
    is(D { a: 1, b: "x".to_owned(), c: None }, "0a181a160a0b83a16101a162a178a163c012076d73677061636b");
    type_is::<serde_json::Map<String, serde_json::Value>>(
        "08094a3f0a3d0a3b0a1263616368652d6b65792d6d6574616461746112252a230a210a1473657269616c697a6174696f6e2d666f726d617412091a076d73677061636b",
    );
}

#[test]
fn enums_are_the_names_of_their_variants() {
    is(Colour::Red, "0a070a051a03524544");
    type_is::<Colour>("3a0c0a035245440a05475245454e");
}

#[test]
fn files_are_references() {
    is(File::new("s3://b/f.txt"), "0a1412120a020a001a0c73333a2f2f622f662e747874");
    is(Dir::new("s3://b/d"), "0a1212100a040a0210011a0873333a2f2f622f64");
    type_is::<File>("2a00");
    type_is::<Dir>("2a021001");
    is(File::new("s3://b/f.txt").with_hash("abc"), "0a1412120a020a001a0c73333a2f2f622f662e7478742203616263");
    is(vec![<File>::new("s3://b/1")], "12140a120a10120e0a020a001a0873333a2f2f622f31");
    type_is::<Vec<File>>("1a022a00");
    type_is::<BTreeMap<String, File>>("22022a00");
    is(
        Some(<File>::new("s3://b/1").with_hash("h")),
        "0a254a230a150a10120e0a020a001a0873333a2f2f622f31220168120a2a005a060a0446696c65",
    );
    type_is::<Option<File>>("52180a0a2a005a060a0446696c650a0a08005a060a046e6f6e65");
}

#[test]
fn files_have_formats_as_in_flytekit() {
    let csv = "0a1912170a070a050a036373761a0c73333a2f2f622f662e637376";
    is(File::new("s3://b/f.csv").into_format::<Csv>(), csv);
    type_is::<File<Csv>>("2a050a03637376");
    // The format of a value, as in the current SDK, leaves the type as it is.
    is(File::new("s3://b/f.csv").with_format("csv"), csv);
    is(Dir::new("s3://b/d").into_format::<Jpg>(), "0a1712150a090a070a036a706710011a0873333a2f2f622f64");
    type_is::<Dir<Jpg>>("2a070a036a70671001");
}

#[test]
fn a_file_is_no_directory() {
    let literal = literal::to_literal(<Dir>::TYPE, &Dir::new("s3://b/d").to_value().unwrap()).unwrap();
    let error = <File>::from_value(literal::from_literal(literal).unwrap()).unwrap_err();
    assert_eq!(error.to_string(), "expected a file, found a directory");
    let literal = literal::to_literal(<File>::TYPE, &File::new("s3://b/f").to_value().unwrap()).unwrap();
    let error = <Dir>::from_value(literal::from_literal(literal).unwrap()).unwrap_err();
    assert_eq!(error.to_string(), "expected a directory, found a file");
}

#[test]
fn an_optional_value_is_a_tagged_union() {
    is(None::<i64>, "0a144a120a040a022a00120a08005a060a046e6f6e65");
    is(Some(5_i64), "0a154a130a060a040a020805120908015a050a03696e74");
    is(Some(vec![1_i64]), "0a224a200a0a12080a060a040a02080112121a0208015a0c0a0a5479706564204c697374");
    is(
        Some(map([("a", 1_i64)])),
        "0a274a250a0f1a0d0a0b0a016112060a040a0208011212220208015a0c0a0a54797065642044696374",
    );
    is(
        Some(Colour::Red),
        "0a374a350a090a070a051a0352454412283a0c0a035245440a05475245454e5a180a1644656661756c74456e756d5472616e73666f726d6572",
    );
    is(Some("x".to_owned()), "0a164a140a070a050a031a0178120908035a050a03737472");
    is(
        chrono::NaiveDate::from_ymd_opt(2024, 1, 2),
        "0a1c4a1a0a0c0a0a0a082a060880a4cdac06120a08055a060a0464617465",
    );
    is(
        Some(jiff::SignedDuration::new(86_400, 0)),
        "0a1f4a1d0a0a0a080a0632040880a305120f08065a0b0a0974696d6564656c7461",
    );
    is(Some(1.0_f64), "0a1e4a1c0a0d0a0b0a0911000000000000f03f120b08025a070a05666c6f6174");
    is(Some(true), "0a164a140a060a040a022001120a08045a060a04626f6f6c");
    is(
        Some(File::new("s3://b/f.txt")),
        "0a264a240a160a1412120a020a001a0c73333a2f2f622f662e747874120a2a005a060a0446696c65",
    );
    type_is::<Option<Vec<i64>>>("52200a121a0208015a0c0a0a5479706564204c6973740a0a08005a060a046e6f6e65");
}

#[test]
fn the_unit_type_has_no_output() {
    assert_eq!(hex(&literal::to_literal(Type::None, &Value::None).unwrap().encode_to_vec()), "0a022a00");
    type_is::<()>("0800");
}

#[test]
fn a_value_that_flyte_cannot_represent_is_an_error_with_its_path() {
    for (value, expected) in [
        (u64::MAX.to_value(), "is too large: integers in Flyte are signed and have 64 bits"),
        (vec![1, u64::MAX].to_value(), "`1` is too large: integers in Flyte are signed and have 64 bits"),
    ] {
        assert_eq!(value.unwrap_err().to_string(), expected);
    }
    assert_eq!(
        i8::from_value(Value::Integer(300)).unwrap_err().to_string(),
        "is out of range: expected -128 to 127"
    );
    assert_eq!(
        Vec::<D>::from_value(Value::List(vec![Value::Map(vec![("a".to_owned(), Value::Boolean(true))])]))
            .unwrap_err()
            .to_string(),
        "`0.a` expected an integer, found a boolean"
    );
}

#[task(secret_requests = [
    Secret(key = "k"),
    Secret(key = "f", group = "g", group_version = "1", mount_requirement = FILE),
    Secret(key = "v", mount_requirement = ENV_VAR, env_var = "HF_TOKEN"),
])]
fn with_secrets(b: i64, a: Option<String>) -> sealkit::Result<D> {
    let secret = current_context().secrets().get("k")?;
    Ok(D { a: b, b: a.unwrap_or_default(), c: secret.expose().parse().ok() })
}

#[test]
fn secret_requests_are_messages_of_flyte() {
    let requests = TaskMetadata::of(&with_secrets).unwrap().secret_requests();
    let wire: Vec<String> =
        requests.iter().map(|secret| hex(&idl::Secret::from(*secret).encode_to_vec())).collect();
    // group = 1, group_version = 2, key = 3, mount_requirement = 4, env_var = 5
    assert_eq!(wire, ["1a016b", "0a01671201311a01662002", "1a017620012a0848465f544f4b454e"]);
    assert_eq!(Secret::new("k").mount(MountType::File).mount_requirement().as_str(), "FILE");
}

#[workflow(resources = Resources(disk = "10Gi", cpu = "500m", gpu = 1))]
fn with_resources() -> sealkit::Result<()> {
    Ok(())
}

#[test]
fn the_metadata_contains_retries_timeouts_and_resources() {
    let metadata = TaskMetadata::of(&with_resources).unwrap();
    assert_eq!((metadata.resources().cpu, metadata.resources().memory), (Some("500m"), None));
    let needed = json!({ "cpu": "500m", "gpu": "1", "disk": "10Gi" });
    assert_eq!(serde_json::to_value(metadata).unwrap()["resources"], needed);
    let needless = serde_json::to_value(TaskMetadata::of(&with_secrets)).unwrap();
    assert_eq!(needless.get("resources"), None);
}

#[test]
fn the_interface_lists_its_variables_by_name() {
    let interface = literal::interface(TaskMetadata::of(&with_secrets).unwrap().interface());
    let names: Vec<String> = interface.inputs.unwrap().variables.into_iter().map(|entry| entry.key).collect();
    assert_eq!(names, ["a", "b"]);
    assert_eq!(interface.outputs.unwrap().variables[0].key, "o0");
}
