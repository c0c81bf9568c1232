//! Code that requires a type to be a task type, and reports an error at the type otherwise.

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use syn::{Path, Type};

use crate::syntax::crate_at;

/// Returns the expression for the member of `type`, without its name.
pub(crate) fn member(krate: &Path, r#type: &Type) -> TokenStream {
    let r#trait = task_type_trait(krate, r#type);
    let span = Span::call_site();
    quote_spanned!(span=> <#r#type as #r#trait>::__MEMBER)
}

/// Returns the expression for the member of a type that the compiler infers. Errors point to `location`.
pub(crate) fn inferred_member(krate: &Path, location: &Type) -> TokenStream {
    let (krate_at_location, span) = crate_at(krate, location);
    let r#trait = task_type_trait(&krate_at_location, location);
    quote_spanned!(span=> #r#trait::__MEMBER)
}

/// Returns the trait that `type` must implement. The trait `NotSecret` has the same implementations as `TaskType`,
/// but another error message.
fn task_type_trait(krate: impl ToTokens, r#type: &Type) -> TokenStream {
    fn names_a_secret(tokens: TokenStream) -> bool {
        tokens.into_iter().any(|tree| match tree {
            TokenTree::Ident(ident) => ident == "SecretValue" || ident == "SecretBytes",
            TokenTree::Group(group) => names_a_secret(group.stream()),
            _ => false,
        })
    }
    if names_a_secret(r#type.to_token_stream()) {
        quote!(#krate::__private::NotSecret)
    } else {
        quote!(#krate::TaskType)
    }
}
