//! The official Python packages read the messages that sealkit writes, and write the same bytes.

use std::{
    collections::BTreeMap,
    fmt::Debug,
    time::{Duration, SystemTime},
};

use sealkit::{Dir, ErrorKind, File, Interface, MountType, Secret, TaskType, Type, Variable, literal};
use sealkit_idl::{core as idl, prost::Message, task};
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};
use support::{Python, hex, unhex};

use crate::formats::{Csv, Jpg};

/// Inputs of a task that are not in alphabetical order.
const INPUTS: &[Variable] =
    &[Variable::__new("b", Type::Integer), Variable::__new("a", Type::List(&Type::String))];

/// The number of random values of each type.
const VALUES: usize = 100;

#[derive(Clone, Debug, PartialEq, TaskType)]
enum Colour {
    #[task_type(rename = "RED")]
    Red,
    #[task_type(rename = "GREEN")]
    Green,
}

#[derive(Clone, Debug, PartialEq, TaskType)]
struct Inner {
    n: i64,
}

#[derive(Clone, Debug, PartialEq, TaskType)]
struct Record {
    a: i64,
    b: String,
    flag: bool,
    ratio: f64,
    when: SystemTime,
    day: jiff::civil::Date,
    took: jiff::SignedDuration,
    xs: Vec<i64>,
    m: BTreeMap<String, f64>,
    inner: Inner,
    c: Option<f64>,
    o: Option<Inner>,
}

/// Generates random values that Python can represent.
struct Random(fastrand::Rng);

impl Random {
    fn integer(&mut self) -> i64 {
        match self.0.u8(0..4) {
            0 => self.0.i64(..),
            1 => [i64::MIN, i64::MAX, -1, 0, 127, 128, 255, 256, 65_535, 65_536, 1 << 32][self.0.usize(..11)],
            _ => self.0.i64(-300..300),
        }
    }

    fn float(&mut self) -> f64 {
        match self.0.u8(0..4) {
            0 => [0.0, -0.0, f64::INFINITY, f64::MIN_POSITIVE, 1e300][self.0.usize(..5)],
            1 => f64::from(self.0.i32(..)),
            _ => self.0.f64() * 1000.0,
        }
    }

    fn text(&mut self) -> String {
        let length = [0, 1, 5, 31, 32, 255, 256][self.0.usize(..7)];
        (0..length)
            .map(|_| if self.0.u8(0..9) == 0 { self.0.char(..) } else { self.0.alphanumeric() })
            .collect()
    }

    /// Returns a time with microseconds in the years 1 to 9999, as in Python.
    fn time(&mut self) -> SystemTime {
        let seconds = self.0.u64(0..250_000_000_000);
        SystemTime::UNIX_EPOCH + Duration::new(seconds, self.0.u32(0..1_000_000) * 1000)
    }

    fn day(&mut self) -> jiff::civil::Date {
        jiff::civil::date(self.0.i16(1..9999), self.0.i8(1..13), self.0.i8(1..29))
    }

    fn length(&mut self) -> jiff::SignedDuration {
        // In a struct, a duration is a float of seconds: only short durations keep their microseconds.
        jiff::SignedDuration::from_micros(self.0.i64(-1_000_000_000_000..1_000_000_000_000))
    }

    fn some<T>(&mut self, up_to: usize, mut one: impl FnMut(&mut Self) -> T) -> Vec<T> {
        (0..self.0.usize(..=up_to)).map(|_| one(self)).collect()
    }

    fn maybe<T>(&mut self, one: impl FnOnce(&mut Self) -> T) -> Option<T> {
        self.0.bool().then(|| one(self))
    }

    fn inner(&mut self) -> Inner {
        Inner { n: self.integer() }
    }

    fn record(&mut self) -> Record {
        Record {
            a: self.integer(),
            b: self.text(),
            flag: self.0.bool(),
            ratio: self.float(),
            when: self.time(),
            day: self.day(),
            took: self.length(),
            xs: self.some(20, Self::integer),
            m: self.some(3, |random| (random.text(), random.float())).into_iter().collect(),
            inner: self.inner(),
            c: self.maybe(Self::float),
            o: self.maybe(Self::inner),
        }
    }

    fn json(&mut self, depth: u8) -> Json {
        match self.0.u8(0..if depth == 0 { 5 } else { 7 }) {
            0 => Json::Null,
            1 => self.0.bool().into(),
            2 => self.integer().into(),
            3 => (self.0.f64() * 1000.0).into(),
            4 => self.text().into(),
            5 => self.some(3, |random| random.json(depth - 1)).into(),
            _ => self.object(depth - 1).into(),
        }
    }

    fn object(&mut self, depth: u8) -> serde_json::Map<String, Json> {
        self.some(4, |random| (random.text(), random.json(depth))).into_iter().collect()
    }
}

#[derive(Serialize)]
struct Question {
    r#type: &'static str,
    literal: String,
}

#[derive(Debug, Deserialize)]
struct Answer {
    literal_type: String,
    literal: String,
    value: String,
}

/// Compares the bytes and the values of the SDK with those of sealkit, for [`VALUES`] random values.
fn check<T: TaskType + PartialEq + Debug>(python: &Python, name: &'static str, mut one: impl FnMut() -> T) {
    let values: Vec<T> = (0..VALUES).map(|_| one()).collect();
    let literals: Vec<String> = values
        .iter()
        .map(|value| {
            let literal = literal::to_literal(T::TYPE, &value.to_value().unwrap()).unwrap();
            hex(&literal.encode_to_vec())
        })
        .collect();
    let questions: Vec<Question> =
        literals.iter().map(|literal| Question { r#type: name, literal: literal.clone() }).collect();
    let answers: Vec<Answer> = python.ask("flyte_values.py", &questions).unwrap();
    let ours = literal::literal_type(T::TYPE);
    for ((value, literal), answer) in values.iter().zip(&literals).zip(answers) {
        let theirs = idl::LiteralType::decode(unhex(&answer.literal_type).unwrap().as_slice()).unwrap();
        assert_eq!(ours, theirs, "the type of {name}");
        assert_eq!(hex(&ours.encode_to_vec()), answer.literal_type, "the bytes of the type of {name}");
        let [read, theirs] = [literal, &answer.literal]
            .map(|literal| idl::Literal::decode(unhex(literal).unwrap().as_slice()).unwrap());
        assert_eq!(read, theirs, "{name}: {value:?}, which Python reads as {}", answer.value);
        // Protobuf defines neither the order of map entries nor whether empty keys are written.
        if name != "map" {
            assert_eq!(*literal, answer.literal, "{name}: {value:?}");
        }
        assert_eq!(T::from_value(literal::from_literal(theirs).unwrap()).as_ref(), Ok(value), "{name}");
    }
}

#[test]
#[cfg_attr(not(has_python), ignore = "needs TEST_PYTHON")]
fn the_official_sdk_reads_the_same_values_and_writes_the_same_bytes() {
    let python = Python::from_environment();
    let mut random = Random(fastrand::Rng::with_seed(20_261_123));
    let random = &mut random;
    check(&python, "integer", || random.integer());
    check(&python, "float", || random.float());
    check(&python, "boolean", || random.0.bool());
    check(&python, "string", || random.text());
    check(&python, "datetime", || random.time());
    check(&python, "date", || random.day());
    check(&python, "duration", || random.length());
    check(&python, "list", || random.some(9, Random::integer));
    check(&python, "lists", || random.some(3, |random| random.some(3, Random::text)));
    check(&python, "map", || {
        random.some(5, |random| (random.text(), random.integer())).into_iter().collect::<BTreeMap<_, _>>()
    });
    check(&python, "object", || random.object(3));
    check(&python, "enum", || if random.0.bool() { Colour::Red } else { Colour::Green });
    check(&python, "file", || {
        let file = File::new(format!("s3://bucket/{}.txt", random.0.u32(..)));
        let file = if random.0.bool() { file.with_format("csv") } else { file };
        if random.0.bool() { file.with_hash(random.0.u32(..).to_string()) } else { file }
    });
    check(&python, "dir", || {
        let directory = Dir::new(format!("s3://bucket/{}", random.0.u32(..)));
        if random.0.bool() { directory.with_hash(random.0.u32(..).to_string()) } else { directory }
    });
    check(&python, "list of files", || {
        random.some(3, |random| <File>::new(format!("s3://bucket/{}", random.0.u32(..))).with_hash("h"))
    });
    check(&python, "optional file", || random.maybe(|_| <File>::new("s3://bucket/f").with_hash("h")));
    check(&python, "optional integer", || random.maybe(Random::integer));
    check(&python, "optional list", || random.maybe(|random| random.some(3, Random::text)));
    check(&python, "struct", || random.record());
    check(&python, "optional struct", || random.maybe(Random::record));
    check(&python, "list of structs", || random.some(3, Random::inner));
}

/// A type and a literal of flytekit.
#[derive(Debug, PartialEq, Deserialize)]
struct Described {
    name: String,
    r#type: String,
    literal: String,
}

fn described<T: TaskType>(name: &str, value: &T) -> Described {
    let literal = literal::to_literal(T::TYPE, &value.to_value().unwrap()).unwrap();
    Described {
        name: name.to_owned(),
        r#type: hex(&literal::literal_type(T::TYPE).encode_to_vec()),
        literal: hex(&literal.encode_to_vec()),
    }
}

#[test]
#[cfg_attr(not(has_python), ignore = "needs TEST_PYTHON")]
fn files_and_directories_equal_those_of_flytekit() {
    let output = Python::from_environment().script("flytekit_files.py").output().unwrap();
    let theirs: Vec<Described> = serde_json::from_slice(&output.stdout).unwrap();
    let file = || File::new("s3://bucket/rows.csv");
    let directory = || Dir::new("s3://bucket/images");
    let ours = [
        described("file", &file()),
        described("csv file", &file().into_format::<Csv>()),
        described("directory", &directory()),
        described("jpg directory", &directory().into_format::<Jpg>()),
    ];
    assert_eq!(ours, theirs[..]);
}

/// Returns a message with its official class, and the fields that this class must read.
fn message(name: &str, message: &impl Message, fields: Json) -> (Json, Json) {
    (json!({ "message": name, "bytes": hex(&message.encode_to_vec()) }), fields)
}

#[test]
#[cfg_attr(not(has_python), ignore = "needs TEST_PYTHON")]
fn the_official_messages_have_the_same_fields() {
    let python = Python::from_environment();
    let secret = Secret::new("k").group("g").group_version("1").mount(MountType::File).env_var("TOKEN");
    let security =
        idl::SecurityContext { run_as: None, secrets: vec![secret.into(), Secret::new("other").into()] };
    let error = idl::ErrorDocument {
        error: Some(idl::ContainerError {
            code: ErrorKind::NotFound.to_string(),
            message: "not found".to_owned(),
            kind: idl::ContainerErrorKind::Recoverable.into(),
            origin: idl::ErrorOrigin::User.into(),
        }),
    };
    let value = literal::to_literal(Type::Integer, &5_i64.to_value().unwrap()).ok();
    let literals = vec![task::NamedLiteral { name: "o0".to_owned(), value }];
    let named =
        json!({ "literals": [{ "name": "o0", "value": { "scalar": { "primitive": { "integer": "5" } } } }] });
    let interface = literal::interface(&Interface::__new(INPUTS, &[]));
    let cases = [
        message(
            "core.security.SecurityContext",
            &security,
            json!({ "secrets": [
                { "group": "g", "group_version": "1", "key": "k", "mount_requirement": "FILE", "env_var": "TOKEN" },
                { "key": "other" },
            ]}),
        ),
        message(
            "core.execution.ErrorDocument",
            &error,
            json!({ "error": {
                "code": "not_found", "message": "not found", "kind": "RECOVERABLE", "origin": "USER",
            }}),
        ),
        message("task.common.Inputs", &task::Inputs::from(literals.clone()), named.clone()),
        message("task.common.Outputs", &task::Outputs { literals }, named),
        message(
            "core.interface.TypedInterface",
            &interface,
            json!({
                "inputs": { "variables": [
                    { "key": "a", "value": { "type": { "collection_type": { "simple": "STRING" } } } },
                    { "key": "b", "value": { "type": { "simple": "INTEGER" } } },
                ]},
                "outputs": {},
            }),
        ),
    ];
    let questions: Vec<&Json> = cases.iter().map(|(question, _)| question).collect();
    let answers: Vec<Json> = python.ask("flyte_messages.py", &questions).unwrap();
    for ((question, fields), answer) in cases.iter().zip(answers) {
        assert_eq!(answer["fields"], *fields, "{question}");
        assert_eq!(answer["bytes"], question["bytes"], "{question}");
    }
}
