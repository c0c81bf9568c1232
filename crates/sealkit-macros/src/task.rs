//! The attributes `#[task]` and `#[workflow]`.

mod allowance;
mod cache;
mod default;
mod expand;
mod limits;
mod model;
mod reads;
mod request;
mod resources;
mod schedule;
mod settings;

use proc_macro2::TokenStream;
use quote::{ToTokens as _, quote};

use self::model::Task;
use crate::{
    diagnostics::Diagnostics,
    syntax::{Arguments, Function},
};

/// The attribute that defines a task.
#[derive(Clone, Copy)]
pub(crate) enum TaskKind {
    Task,
    Workflow,
}

impl TaskKind {
    /// Returns the name of the attribute.
    pub(crate) fn attribute(self) -> &'static str {
        match self {
            Self::Task => "task",
            Self::Workflow => "workflow",
        }
    }
}

/// Expands the attribute. If there are errors, the function is left unchanged, so that its callers still compile.
pub(crate) fn expand(kind: TaskKind, arguments: TokenStream, item: TokenStream) -> TokenStream {
    let mut diagnostics = Diagnostics::default();
    let arguments = Arguments::parse(arguments, &mut diagnostics);
    // If the arguments are invalid, the declared secrets are unknown and reads cannot be checked.
    let arguments_are_known = diagnostics.is_empty();
    let function = diagnostics.take(syn::parse2::<Function>(item.clone()));
    let item = function.as_ref().map_or(item, Function::to_token_stream);
    let task = function
        .and_then(|function| Task::new(kind, arguments, arguments_are_known, function, &mut diagnostics));
    let item = task.map_or(item, |task| task.expand());
    quote!(#item #diagnostics)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pretty(arguments: TokenStream, item: TokenStream) -> String {
        prettyplease::unparse(&syn::parse2(expand(TaskKind::Task, arguments, item)).unwrap())
    }

    #[test]
    fn a_bare_task() {
        insta::assert_snapshot!(pretty(
            quote!(),
            quote!(
                /// Does nothing.
                pub fn noop() -> sealkit::Result<()> {
                    Ok(())
                }
            )
        ));
    }

    #[test]
    fn a_task_with_secrets_in_all_spellings() {
        insta::assert_snapshot!(pretty(
            quote!(
                secret_requests = [
                    Secret(
                        key = "k",
                        group = "g",
                        group_version = "1",
                        mount_requirement = FILE,
                        env_var = "HF_TOKEN"
                    ),
                    Secret(key = "other", mount_requirement = MountType::EnvVar),
                    Secret::new("built").group("g"),
                    SHARED,
                ]
            ),
            quote!(
                fn read(mut rows: u8) -> Result<i64, Error> {
                    rows += 1;
                    current_context().secrets().group("g").get("k")?;
                    current_context().secrets().get_bytes("shared")?;
                    Ok(rows.into())
                }
            )
        ));
    }

    #[test]
    fn an_async_task() {
        insta::assert_snapshot!(pretty(
            quote!(),
            quote!(
                #[must_use]
                async fn total(rows: Vec<i64>, r#type: String) -> anyhow::Result<i64> where {
                    todo(rows).await
                }
            )
        ));
    }

    #[test]
    fn a_task_with_another_name() {
        insta::assert_snapshot!(pretty(
            quote!(name = "train.v2"),
            quote!(
                fn train() -> sealkit::Result<()> {
                    #![allow(unused)]
                    Ok(())
                }
            )
        ));
    }

    #[test]
    fn a_task_with_limits() {
        insta::assert_snapshot!(pretty(
            quote!(retries = 3, timeout = 90, resources = Resources(memory = "2Gi", cpu = 2, gpu = "1")),
            quote!(
                fn train() -> sealkit::Result<()> {
                    Ok(())
                }
            )
        ));
    }

    #[test]
    fn a_task_in_an_environment() {
        insta::assert_snapshot!(pretty(
            quote!(
                environment = ENV,
                env = { "MODE" = "fast" },
                interruptible = true,
                secret_requests = ["k"]
            ),
            quote!(
                fn train(
                    /// The number of rows.
                    #[default(3)]
                    rows: i64,
                    #[default("all")] table: String,
                ) -> sealkit::Result<()> {
                    current_context().secrets().get("shared").map(drop)
                }
            )
        ));
    }

    #[test]
    fn a_deployed_task() {
        insta::assert_snapshot!(pretty(
            quote!(deployed = "model.score:v1"),
            quote!(
                /// Scores rows.
                async fn score(rows: Vec<i64>) -> sealkit::Result<f64>;
            )
        ));
    }

    #[test]
    fn a_task_with_calls() {
        insta::assert_snapshot!(pretty(
            quote!(calls = [t1, other::t2]),
            quote!(
                fn all() -> sealkit::Result<()> {
                    Ok(())
                }
            )
        ));
    }

    #[test]
    fn a_task_of_a_renamed_crate() {
        insta::assert_snapshot!(pretty(
            quote!(crate = ::mine::sealkit, secret_requests = [Secret(key = "k")]),
            quote!(
                fn noop(n: i64) -> sealkit::Result<()> {
                    Ok(())
                }
            )
        ));
    }

    #[test]
    fn an_error_leaves_the_function_unchanged() {
        insta::assert_snapshot!(pretty(
            quote!(secret_request = [], name = "a b"),
            quote!(
                fn half<T>((a, b): (i64, i64)) -> sealkit::Result<()> {
                    Ok(())
                }
            )
        ));
    }
}
