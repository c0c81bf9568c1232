//! The tasks that a task declares to call.

use std::{any::TypeId, future::Future};

use crate::{TaskMetadata, TaskType, registry};

/// An entry of `calls`: the function of a task; made by generated code only.
#[derive(Clone, Copy, Debug)]
pub struct Callee {
    /// The path, as it is written in `calls`.
    pub(crate) path: &'static str,
    pub(crate) type_id: fn() -> TypeId,
}

impl Callee {
    /// Returns the entry for a function.
    pub const fn new<F: TaskFunction<S> + 'static, S>(path: &'static str, _function: &F) -> Self {
        Self { path, type_id: TypeId::of::<F> }
    }

    /// Returns the metadata of the task; `None` if the function is not a task.
    pub(crate) fn task(&self) -> Option<&'static TaskMetadata> {
        registry::all().find(|task| (task.entry.type_id)() == (self.type_id)())
    }
}

/// A function that can be a task: it returns a `Result`, or a future of one.
///
/// `S` is its signature, which the compiler infers. A function of the right signature may still lack the attribute;
/// [`tasks`](crate::tasks) finds that out.
#[diagnostic::on_unimplemented(
    message = "`calls` names something that is not a task",
    label = "not a task: a task is a function with `#[task]` or `#[workflow]`"
)]
pub trait TaskFunction<S> {}

/// The return type of a task.
pub trait TaskOutput {}

impl<T: TaskType, E> TaskOutput for Result<T, E> {}

/// The signature of an async function.
#[derive(Debug)]
pub struct Async<S>(S);

macro_rules! task_functions {
    ($($input:ident)*) => {
        #[diagnostic::do_not_recommend]
        impl<F: Fn($($input),*) -> R, $($input,)* R: TaskOutput> TaskFunction<fn($($input),*) -> R> for F {}

        #[diagnostic::do_not_recommend]
        impl<F: Fn($($input),*) -> R, $($input,)* R: Future> TaskFunction<Async<fn($($input),*) -> R>> for F
        where
            R::Output: TaskOutput,
        {
        }
    };
}

task_functions!();
task_functions!(A);
task_functions!(A B);
task_functions!(A B C);
task_functions!(A B C D);
task_functions!(A B C D E);
task_functions!(A B C D E G);
task_functions!(A B C D E G H);
task_functions!(A B C D E G H I);
task_functions!(A B C D E G H I J);
task_functions!(A B C D E G H I J K);
task_functions!(A B C D E G H I J K L);
task_functions!(A B C D E G H I J K L M);
task_functions!(A B C D E G H I J K L M N);
task_functions!(A B C D E G H I J K L M N O);
task_functions!(A B C D E G H I J K L M N O P);
task_functions!(A B C D E G H I J K L M N O P Q);
