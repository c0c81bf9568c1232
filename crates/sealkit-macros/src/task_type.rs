//! `#[derive(TaskType)]`: structs with named fields, and enums without.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::{
    Attribute, Data, DeriveInput, Fields, FieldsNamed, Meta, Path, Token, Variant, ext::IdentExt,
    parse_quote, punctuated::Punctuated,
};

use crate::{
    diagnostics::Diagnostics,
    syntax::{crate_at, crate_path, string},
};

pub(crate) fn expand(item: TokenStream) -> TokenStream {
    let mut diagnostics = Diagnostics::default();
    let output = diagnostics
        .take(syn::parse2::<DeriveInput>(item))
        .and_then(|input| implementation(&input, &mut diagnostics))
        .filter(|_| diagnostics.is_empty());
    quote!(#output #diagnostics)
}

fn implementation(input: &DeriveInput, diagnostics: &mut Diagnostics) -> Option<TokenStream> {
    if let Some(parameter) = input.generics.params.first() {
        diagnostics.at(parameter, "a task type cannot be generic: what enters a task must be known");
    }
    let options = Options::read(&input.attrs, &["crate"], diagnostics);
    let krate = options.krate.unwrap_or_else(|| parse_quote!(::sealkit));
    match &input.data {
        Data::Struct(data) => match &data.fields {
            Fields::Named(fields) => Some(of_struct(&input.ident, fields, &krate, diagnostics)),
            _ => {
                diagnostics
                    .at(&input.ident, "a task type needs named fields, as in `struct Row { id: i64 }`");
                None
            }
        },
        Data::Enum(data) => {
            let variants: Vec<&Variant> = data.variants.iter().collect();
            Some(of_enum(&input.ident, &variants, &krate, diagnostics))
        }
        Data::Union(data) => {
            diagnostics.at(data.union_token, "a union cannot be a task type: write a struct or an enum");
            None
        }
    }
}

fn of_struct(
    ident: &Ident,
    fields: &FieldsNamed,
    krate: &Path,
    diagnostics: &mut Diagnostics,
) -> TokenStream {
    let name = ident.unraw().to_string();
    let mut names = Names::default();
    let (mut constants, mut members, mut idents) = (Vec::new(), Vec::new(), Vec::new());
    for (index, field) in fields.named.iter().enumerate() {
        let Some(ident) = &field.ident else { continue };
        let options = Options::read(&field.attrs, &["rename"], diagnostics);
        let member = names.add(ident, options.rename, diagnostics);
        let (constant, r#type) = (format_ident!("__SEALKIT_FIELD_{index}"), &field.ty);
        let (krate, span) = crate_at(krate, r#type);
        constants.push(quote_spanned! {span=>
            const #constant: #krate::__private::Member<#r#type> = #krate::__private::Member::<#r#type>::field(#member);
        });
        members.push(constant);
        idents.push(ident);
    }
    let mutability = (!members.is_empty()).then(|| quote!(mut));
    quote! {
        const _: () = {
            #(#constants)*
            const __SEALKIT_FIELDS: &[#krate::Variable] = &[#(#members.variable),*];

            impl #krate::TaskType for #ident {
                const TYPE: #krate::Type =
                    #krate::Type::Struct(&#krate::StructType { name: #name, fields: __SEALKIT_FIELDS });

                fn to_value(&self) -> ::core::result::Result<#krate::Value, #krate::ValueError> {
                    ::core::result::Result::Ok(#krate::Value::Map(
                        ::core::convert::From::from([#(#krate::__private::Member::to_entry(&#members, &self.#idents)?),*])
                    ))
                }

                fn from_value(__sealkit_value: #krate::Value) -> ::core::result::Result<Self, #krate::ValueError> {
                    let #mutability __sealkit_members = #krate::__private::Members::of(__sealkit_value)?;
                    let __sealkit_this = Self { #(#idents: #krate::__private::Member::take(&#members, &mut __sealkit_members)?),* };
                    __sealkit_members.end(__SEALKIT_FIELDS)?;
                    ::core::result::Result::Ok(__sealkit_this)
                }
            }
        };
    }
}

fn of_enum(ident: &Ident, variants: &[&Variant], krate: &Path, diagnostics: &mut Diagnostics) -> TokenStream {
    let name = ident.unraw().to_string();
    let mut names = Names::default();
    let (mut words, mut idents) = (Vec::new(), Vec::new());
    if variants.is_empty() {
        diagnostics.at(ident, "an enum without variants has no value that a task could take");
    }
    for variant in variants {
        if !matches!(variant.fields, Fields::Unit) {
            diagnostics.at(variant, "an enum that is a task type has no fields: it is one of several words");
        }
        let options = Options::read(&variant.attrs, &["rename"], diagnostics);
        words.push(names.add(&variant.ident, options.rename, diagnostics));
        idents.push(&variant.ident);
    }
    quote! {
        const _: () = {
            const __SEALKIT_WORDS: &[&::core::primitive::str] = &[#(#words),*];

            impl #krate::TaskType for #ident {
                const TYPE: #krate::Type =
                    #krate::Type::Enum(&#krate::EnumType { name: #name, variants: __SEALKIT_WORDS });

                fn to_value(&self) -> ::core::result::Result<#krate::Value, #krate::ValueError> {
                    let __sealkit_word = match self { #(Self::#idents => #words),* };
                    ::core::result::Result::Ok(#krate::Value::String(::core::convert::From::from(__sealkit_word)))
                }

                fn from_value(__sealkit_value: #krate::Value) -> ::core::result::Result<Self, #krate::ValueError> {
                    match ::std::string::String::as_str(&#krate::__private::variant_name(__sealkit_value)?) {
                        #(#words => ::core::result::Result::Ok(Self::#idents),)*
                        _ => ::core::result::Result::Err(#krate::__private::unknown_variant(__SEALKIT_WORDS)),
                    }
                }
            }
        };
    }
}

/// The names of fields or variants, each used once.
#[derive(Default)]
struct Names(Vec<String>);

impl Names {
    fn add(&mut self, ident: &Ident, rename: Option<String>, diagnostics: &mut Diagnostics) -> String {
        let name = rename.unwrap_or_else(|| ident.unraw().to_string());
        if self.0.contains(&name) {
            diagnostics.at(ident, format_args!("the name `{name}` is used twice"));
        }
        self.0.push(name.clone());
        name
    }
}

/// What is written in `#[task_type(...)]`.
#[derive(Default)]
struct Options {
    rename: Option<String>,
    krate: Option<Path>,
}

impl Options {
    fn read(attributes: &[Attribute], allowed: &[&str], diagnostics: &mut Diagnostics) -> Self {
        let mut options = Self::default();
        for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("task_type")) {
            let parsed = attribute.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated);
            for meta in diagnostics.take(parsed).into_iter().flatten() {
                let name = meta.path().get_ident().map(ToString::to_string).unwrap_or_default();
                match (name.as_str(), &meta) {
                    (known, _) if !allowed.contains(&known) => {
                        diagnostics.at(
                            meta.path(),
                            format_args!("unknown argument `{name}`: expected `{}`", allowed.join("`, `")),
                        );
                    }
                    ("crate", Meta::NameValue(pair)) => {
                        options.krate = diagnostics.take(crate_path(&pair.value));
                    }
                    (_, Meta::NameValue(pair)) => {
                        let text = string(&pair.value, "rename = \"name\"", diagnostics);
                        options.rename = text.map(|text| text.value());
                    }
                    (known, meta) => {
                        diagnostics.at(meta, format_args!("expected a value: `{known} = …`"));
                    }
                }
            }
        }
        options
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pretty(item: TokenStream) -> String {
        prettyplease::unparse(&syn::parse2(expand(item)).unwrap())
    }

    #[test]
    fn a_struct() {
        insta::assert_snapshot!(pretty(quote! {
            struct Row { id: i64, #[task_type(rename = "type")] kind: Option<String> }
        }));
    }

    #[test]
    fn an_enum() {
        insta::assert_snapshot!(pretty(quote! {
            enum Color { #[task_type(rename = "RED")] Red, Green }
        }));
    }
}
