// Generated code does not depend on the names in the user's scope.
#![deny(warnings)]
#![allow(
    clippy::wrong_self_convention,
    dead_code,
    non_camel_case_types,
    non_upper_case_globals,
    unused_imports,
    unused_macros,
    reason = "the names shadow those of generated code"
)]

use ::sealkit::{TaskMetadata, tasks, testing::TestSecrets};

/// Shadows every name that generated code uses or might use.
mod crowded {
    use ::sealkit::{TaskType, current_context, task, workflow};

    pub mod alloc {}
    pub mod core {}
    pub mod inventory {}
    pub mod sealkit {}
    pub mod std {}

    pub struct Box;
    pub struct Err;
    pub struct InvokeError;
    pub struct None;
    pub struct Ok;
    pub struct Option;
    pub struct Result;
    pub struct Secret;
    pub struct Some;
    pub struct String;
    pub struct TaskMetadata;
    pub struct Vec;
    pub struct str;
    pub struct usize;
    // Unit structs are constants in patterns, so a `let` cannot shadow them.
    pub struct arguments;
    pub struct inputs;
    pub struct members;
    pub struct this;
    pub struct value;
    pub struct word;

    pub enum MountType {}
    pub enum Value {}

    pub trait Default {}
    pub trait Display {}
    pub trait From {}
    pub trait Future {}
    pub trait NotSecret {}
    pub trait TaskError {}

    pub const ANY: u8 = 1;
    pub const ENV_VAR: u8 = 2;
    pub const FILE: u8 = 3;

    pub fn body() {}
    pub fn invoke() {}
    pub fn run() {}
    pub fn run_async() {}

    macro_rules! assert {
        ($($tokens:tt)*) => {
            compile_error!("generated code must not use this macro")
        };
    }
    macro_rules! module_path {
        () => {
            compile_error!("generated code must not use this macro")
        };
    }
    pub(crate) use {assert, module_path};

    /// Gives every value methods with the names of generated methods.
    pub trait Greedy: Sized {
        fn as_str(self) {}
        fn end(self) {}
        fn env_var(self) {}
        fn finish(self) {}
        fn field(self) {}
        fn group(self) {}
        fn group_version(self) {}
        fn mount(self) {}
        fn named(self) {}
        fn to_entry(self) {}
        fn take(self) {}
    }
    impl<T> Greedy for T {}

    const HIDDEN: ::sealkit::Secret = ::sealkit::Secret::new("hidden");

    #[task(
        name = "crowded.secrets",
        secret_requests = [
            Secret(key = "any", mount_requirement = ANY),
            Secret(
                key = "variable",
                group = "g",
                group_version = "1",
                mount_requirement = ENV_VAR,
                env_var = "MINE",
            ),
            Secret(key = "file", mount_requirement = FILE),
            HIDDEN,
        ],
    )]
    pub fn secrets() -> ::sealkit::Result<i64> {
        let secrets = current_context().secrets();
        let any = secrets.get("any")?.expose().len();
        let variable = secrets.get("variable")?.expose().len();
        let file = current_context().secrets().get_bytes("file")?.expose().len();
        let hidden = current_context().secrets().get("hidden")?.expose().len();
        ::sealkit::Result::Ok((any + variable + file + hidden) as i64)
    }

    /// Has inputs and local variables with names that generated code might use.
    #[task(name = "crowded.inputs")]
    pub async fn inputs_of_all_names(
        mut body_: i64,
        context: i64,
        output: i64,
        run: i64,
        task: i64,
        krate: i64,
    ) -> ::sealkit::Result<i64> {
        body_ += 1;
        let metadata = run + task;
        let future = async { context + output };
        ::sealkit::Result::Ok(body_ + metadata + future.await + krate)
    }

    #[workflow(name = "crowded.pipeline")]
    pub fn pipeline(text: ::std::string::String) -> ::sealkit::Result<::std::vec::Vec<Row>> {
        ::sealkit::Result::Ok(::std::vec::Vec::from([Row { r#type: text, kind: Kind::None }]))
    }

    /// Has variants with the names of prelude constructors.
    #[derive(Clone, Copy, Debug, PartialEq, TaskType)]
    pub enum Kind {
        None,
        Some,
        Ok,
        Err,
        String,
    }

    #[derive(Debug, PartialEq, TaskType)]
    pub struct Row {
        pub r#type: ::std::string::String,
        pub kind: Kind,
    }

    #[derive(Debug, PartialEq, TaskType)]
    pub struct Nothing {}
}

/// Has an empty scope.
mod bare {
    #![no_implicit_prelude]

    #[::sealkit::task(
        name = "bare.task",
        secret_requests = [Secret(key = "any", mount_requirement = ANY), ::sealkit::Secret::new("other")],
    )]
    pub fn task(n: i64, choice: Choice) -> ::sealkit::Result<Pair> {
        let any = ::sealkit::current_context().secrets().get("any")?;
        let n = n + any.expose().len() as i64;
        ::std::result::Result::Ok(Pair { n, choice })
    }

    #[::sealkit::task(name = "bare.async")]
    pub async fn asynchronous(n: i64) -> ::sealkit::Result<i64> {
        ::std::result::Result::Ok(n)
    }

    #[derive(::sealkit::TaskType)]
    pub enum Choice {
        Left,
        Right,
    }

    #[derive(::sealkit::TaskType)]
    pub struct Pair {
        pub n: i64,
        pub choice: Choice,
    }
}

/// Imports the crate under another name.
mod renamed {
    pub mod kit {
        pub use ::sealkit::*;
    }

    #[kit::task(
        crate = crate::renamed::kit,
        name = "renamed.task",
        secret_requests = [Secret(key = "any", mount_requirement = ENV_VAR)],
    )]
    pub fn task(pair: Pair) -> kit::Result<i64> {
        Ok(pair.n + kit::current_context().secrets().get("any")?.expose().len() as i64)
    }

    #[derive(kit::TaskType)]
    #[task_type(crate = crate::renamed::kit)]
    pub struct Pair {
        pub n: i64,
    }
}

mod east {
    #[sealkit::task(name = "east.report")]
    pub fn report() -> sealkit::Result<String> {
        Ok("east".to_owned())
    }
}

mod west {
    #[sealkit::task(name = "west.report")]
    pub fn report() -> sealkit::Result<String> {
        Ok("west".to_owned())
    }
}

#[sealkit::task]
fn r#type(r#struct: i64, r#match: String) -> sealkit::Result<String> {
    Ok(r#match.repeat(usize::try_from(r#struct).unwrap_or_default()))
}

/// Has an input with the name of the function.
#[sealkit::task]
fn same(same: i64) -> sealkit::Result<i64> {
    Ok(same)
}

/// Calls itself, which is a task in a task.
#[sealkit::task]
fn factorial(n: i64) -> sealkit::Result<i64> {
    if n < 2 { Ok(1) } else { Ok(n * factorial(n - 1)?) }
}

macro_rules! tasks_that_measure {
    ($($function:ident($input:ident: $type:ty) = $name:literal of $key:literal in $mount:ident;)*) => {
        $(
            #[doc = concat!("Measures ", $key)]
            #[$crate::renamed::kit::task(
                crate = $crate::renamed::kit,
                name = $name,
                secret_requests = [Secret(key = $key, mount_requirement = $mount)],
            )]
            fn $function($input: $type) -> sealkit::Result<$type> {
                let secret = sealkit::current_context().secrets().get($key)?;
                Ok($input + secret.expose().len() as $type)
            }
        )*
    };
}

tasks_that_measure! {
    measure_small(n: i8) = "measure.small" of "any" in FILE;
    measure_large(n: i64) = "measure.large" of "file" in ANY;
}

macro_rules! task_type {
    ($name:ident { $($field:ident as $other:literal: $type:ty),* }) => {
        #[derive(sealkit::TaskType)]
        struct $name {
            $(#[task_type(rename = $other)] $field: $type),*
        }
    };
}

task_type!(FromMacro { n as "type": i64, text as "text of it": Option<String> });

#[sealkit::task]
fn takes_from_macro(value: FromMacro) -> sealkit::Result<i64> {
    Ok(value.n + i64::from(value.text.is_some()))
}

fn secrets() -> TestSecrets {
    TestSecrets::new()
        .with("any", "1")
        .with_group("g", "variable", "22")
        .with("file", "333")
        .with("hidden", "4444")
}

/// Polls a future that is always ready.
fn ready<T>(future: impl Future<Output = T>) -> T {
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    match std::pin::pin!(future).poll(&mut context) {
        std::task::Poll::Ready(output) => output,
        std::task::Poll::Pending => unreachable!("the future is always ready"),
    }
}

fn main() -> sealkit::Result<()> {
    assert_eq!(secrets().run(crowded::secrets)?, 10);
    assert_eq!(ready(crowded::inputs_of_all_names(1, 2, 3, 4, 5, 6))?, 22);
    let row = crowded::Row { r#type: "text".to_owned(), kind: crowded::Kind::None };
    assert_eq!(crowded::pipeline("text".to_owned())?, [row]);

    let pair = secrets().run(|| bare::task(1, bare::Choice::Right))?;
    assert!(pair.n == 2 && matches!(pair.choice, bare::Choice::Right));
    assert_eq!(ready(bare::asynchronous(3))?, 3);
    assert_eq!(secrets().run(|| renamed::task(renamed::Pair { n: 1 }))?, 2);

    assert_eq!((east::report()?, west::report()?), ("east".to_owned(), "west".to_owned()));
    assert_eq!(r#type(2, "ab".to_owned())?, "abab");
    assert_eq!(TaskMetadata::of(&r#type).unwrap().name(), "type");
    assert_eq!(TaskMetadata::of(&r#type).unwrap().interface().inputs[0].name, "struct");
    assert_eq!(same(5)?, 5);
    assert_eq!(factorial(5)?, 120);
    assert_eq!(secrets().run(|| measure_small(1))?, 2);
    assert_eq!(secrets().run(|| measure_large(1))?, 4);
    assert_eq!(TaskMetadata::of(&measure_small).unwrap().name(), "measure.small");
    assert_eq!(takes_from_macro(FromMacro { n: 1, text: None })?, 1);

    #[sealkit::task]
    fn in_a_body() -> sealkit::Result<i64> {
        Ok(1)
    }
    let in_a_closure = || {
        #[sealkit::task(name = "in_a_closure")]
        fn inner(n: i64) -> sealkit::Result<i64> {
            Ok(n + in_a_body()?)
        }
        inner(1)
    };
    assert_eq!(in_a_closure()?, 2);

    let mut names: Vec<&str> = tasks()?.into_iter().map(TaskMetadata::name).collect();
    names.sort_unstable();
    assert_eq!(
        names,
        [
            "bare.async",
            "bare.task",
            "crowded.inputs",
            "crowded.pipeline",
            "crowded.secrets",
            "east.report",
            "factorial",
            "in_a_body",
            "in_a_closure",
            "measure.large",
            "measure.small",
            "renamed.task",
            "same",
            "takes_from_macro",
            "type",
            "west.report",
        ]
    );
    Ok(())
}
