//! The procedural macros of `sealkit`, which re-exports and documents them.
//!
//! Expansion has three steps: `syntax` parses the input, `task` and `task_type` validate it and report all
//! errors, and the generation of code from a valid task cannot fail.

mod diagnostics;
mod member;
mod syntax;
mod task;
mod task_type;

use proc_macro::TokenStream;

use self::task::TaskKind;

#[expect(missing_docs, reason = "documented on the re-export in `sealkit`")]
#[proc_macro_attribute]
pub fn task(arguments: TokenStream, item: TokenStream) -> TokenStream {
    task::expand(TaskKind::Task, arguments.into(), item.into()).into()
}

#[expect(missing_docs, reason = "documented on the re-export in `sealkit`")]
#[proc_macro_attribute]
pub fn workflow(arguments: TokenStream, item: TokenStream) -> TokenStream {
    task::expand(TaskKind::Workflow, arguments.into(), item.into()).into()
}

#[expect(missing_docs, reason = "documented on the re-export in `sealkit`")]
#[proc_macro_derive(TaskType, attributes(task_type))]
pub fn task_type(item: TokenStream) -> TokenStream {
    task_type::expand(item.into()).into()
}
