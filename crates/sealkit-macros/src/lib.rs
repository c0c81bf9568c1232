//! The macros of `sealkit`; they are documented where they are re-exported, in that crate.
//!
//! Each goes from syntax (`syntax`) over meaning (`task`, `task_type`), where every mistake is reported, to
//! the code that comes out, which cannot fail.

mod diagnostics;
mod syntax;
mod task;
mod task_type;

use proc_macro::TokenStream;

use self::task::Kind;

#[expect(missing_docs, reason = "documented on the re-export in `sealkit`")]
#[proc_macro_attribute]
pub fn task(arguments: TokenStream, item: TokenStream) -> TokenStream {
    task::expand(Kind::Task, arguments.into(), item.into()).into()
}

#[expect(missing_docs, reason = "documented on the re-export in `sealkit`")]
#[proc_macro_attribute]
pub fn workflow(arguments: TokenStream, item: TokenStream) -> TokenStream {
    task::expand(Kind::Workflow, arguments.into(), item.into()).into()
}

#[expect(missing_docs, reason = "documented on the re-export in `sealkit`")]
#[proc_macro_derive(TaskType, attributes(task_type))]
pub fn task_type(item: TokenStream) -> TokenStream {
    task_type::expand(item.into()).into()
}
