//! The default of an input.

use proc_macro2::{Ident, TokenStream};
use quote::{quote, quote_spanned};
use syn::{Attribute, Expr, Meta, Path, Type};

use crate::{diagnostics::Diagnostics, syntax::string_literal};

/// Returns the value of `#[default(…)]`.
pub(super) fn parse(attributes: &[Attribute], diagnostics: &mut Diagnostics) -> Option<Expr> {
    let mut value = None;
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("default")) {
        let expression = match &attribute.meta {
            Meta::List(list) => list.parse_args::<Expr>(),
            other => Err(syn::Error::new_spanned(other, "expected a value: `#[default(3)]`")),
        };
        let expression = diagnostics.take(expression);
        if value.is_some() {
            diagnostics.at(attribute, "an input has one default");
        }
        value = value.or(expression);
    }
    value
}

/// Generates the functions that return the default of an input. `constant` is its member.
pub(super) fn functions(krate: &Path, constant: &Ident, r#type: &Type, default: &Expr) -> TokenStream {
    // A string literal stands for every type that can be made from one, such as `String`.
    let value = match string_literal(default) {
        Some(text) => quote_spanned!(text.span()=> ::core::convert::From::from(#text)),
        None => quote!(#default),
    };
    quote! {
        #[allow(clippy::unnecessary_wraps)]
        fn __sealkit_default() -> #r#type {
            #value
        }
        fn __sealkit_default_value() -> ::core::result::Result<#krate::Value, #krate::ValueError> {
            #constant.convert(&__sealkit_default())
        }
    }
}
