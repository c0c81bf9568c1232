//! The derive macro `TaskType`, for structs with named fields and enums without fields.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::{
    Attribute, Data, DeriveInput, Fields, FieldsNamed, GenericArgument, Meta, Path, PathArguments,
    PathSegment, Token, Type, TypePath, Variant, ext::IdentExt, parse_quote, punctuated::Punctuated,
};

use crate::{
    diagnostics::Diagnostics,
    member::member,
    syntax::{crate_at, crate_path, parse_string},
};

pub(crate) fn expand(item: TokenStream) -> TokenStream {
    let mut diagnostics = Diagnostics::default();
    let input = diagnostics.take(syn::parse2::<DeriveInput>(item));
    let complete = input.as_ref().and_then(|input| implementation(input, &mut diagnostics));
    let implementation =
        if diagnostics.is_empty() { complete } else { input.as_ref().map(unusable_implementation) };
    quote!(#implementation #diagnostics)
}

/// Returns an implementation for a type with mistakes, so that no second error says that it has none wherever it is used.
fn unusable_implementation(input: &DeriveInput) -> TokenStream {
    let options = Options::read(&input.attrs, &["crate", "outputs"], &mut Diagnostics::default());
    let krate = options.krate.unwrap_or_else(|| parse_quote!(::sealkit));
    let (ident, (generics, arguments, bounds)) = (&input.ident, input.generics.split_for_impl());
    quote! {
        impl #generics #krate::TaskType for #ident #arguments #bounds {
            const TYPE: #krate::Type = #krate::Type::None;

            fn to_value(&self) -> ::core::result::Result<#krate::Value, #krate::ValueError> {
                ::core::unreachable!()
            }

            fn from_value(_: #krate::Value) -> ::core::result::Result<Self, #krate::ValueError> {
                ::core::unreachable!()
            }
        }
    }
}

fn implementation(input: &DeriveInput, diagnostics: &mut Diagnostics) -> Option<TokenStream> {
    if let Some(parameter) = input.generics.params.first() {
        diagnostics.at(
            parameter,
            "a task type cannot be generic: its fields are part of the interface, so write concrete types",
        );
    }
    let options = Options::read(&input.attrs, &["crate", "outputs"], diagnostics);
    let outputs = options.outputs;
    let krate = options.krate.unwrap_or_else(|| parse_quote!(::sealkit));
    match &input.data {
        Data::Struct(data) => match &data.fields {
            Fields::Named(fields) => {
                Some(derive_struct(&input.ident, fields, outputs.as_ref(), &krate, diagnostics))
            }
            _ => {
                diagnostics
                    .at(&input.ident, "a task type needs named fields, as in `struct Row { id: i64 }`");
                None
            }
        },
        Data::Enum(data) => {
            if let Some(outputs) = outputs {
                diagnostics.at(
                    outputs,
                    "only the fields of a struct can be several outputs: remove `outputs`, or write a struct",
                );
            }
            let variants: Vec<&Variant> = data.variants.iter().collect();
            Some(derive_enum(&input.ident, &variants, &krate, diagnostics))
        }
        Data::Union(data) => {
            diagnostics.at(data.union_token, "a union cannot be a task type: use a struct or an enum");
            None
        }
    }
}

fn derive_struct(
    ident: &Ident,
    fields: &FieldsNamed,
    outputs: Option<&Path>,
    krate: &Path,
    diagnostics: &mut Diagnostics,
) -> TokenStream {
    let name = ident.unraw().to_string();
    let mut names = Names::default();
    let (mut constants, mut members, mut idents) = (Vec::new(), Vec::new(), Vec::new());
    for (index, field) in fields.named.iter().enumerate() {
        let Some(ident) = &field.ident else { continue };
        let options = Options::read(&field.attrs, &["rename"], diagnostics);
        let field_name = names.add(ident, options.rename, diagnostics);
        let (constant, r#type) = (format_ident!("__SEALKIT_FIELD_{index}"), &field.ty);
        if contains(r#type, &name) {
            diagnostics.at(
                r#type,
                "a task type cannot contain itself: use a `Vec` of rows with the ids of their parents, or \
                 `serde_json::Map<String, serde_json::Value>`",
            );
        }
        let unnamed = member(krate, r#type);
        let (krate, span) = crate_at(krate, r#type);
        // A file can be an output, but not a field of a value.
        let method = Ident::new(if outputs.is_some() { "named" } else { "field" }, span);
        constants.push(quote_spanned! {span=>
            const #constant: #krate::__private::Member<#r#type> =
                #krate::__private::Member::#method(#unnamed, #field_name);
        });
        members.push(constant);
        idents.push(ident);
    }
    if let Some(outputs) = outputs.filter(|_| names.0.is_empty() || names.0 == ["o0"]) {
        diagnostics.at(outputs, "expected at least one output, and not only `o0`");
    }
    let r#type = if outputs.is_some() {
        quote!(#krate::Type::Outputs(__SEALKIT_FIELDS))
    } else {
        quote!(#krate::Type::Struct(&#krate::StructType::__new(#name, __SEALKIT_FIELDS)))
    };
    let mutability = (!members.is_empty()).then(|| quote!(mut));
    quote! {
        const _: () = {
            #(#constants)*
            const __SEALKIT_FIELDS: &[#krate::Variable] = &[#(#members.variable),*];

            impl #krate::TaskType for #ident {
                const TYPE: #krate::Type = #r#type;

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

fn derive_enum(
    ident: &Ident,
    variants: &[&Variant],
    krate: &Path,
    diagnostics: &mut Diagnostics,
) -> TokenStream {
    let name = ident.unraw().to_string();
    let mut names = Names::default();
    let (mut names_of_variants, mut idents) = (Vec::new(), Vec::new());
    if variants.is_empty() {
        diagnostics.at(ident, "an enum without variants cannot be a task type: it has no values");
    }
    for variant in variants {
        if !matches!(variant.fields, Fields::Unit) {
            diagnostics.at(variant, data_in_variant(variant));
        }
        let options = Options::read(&variant.attrs, &["rename"], diagnostics);
        names_of_variants.push(names.add(&variant.ident, options.rename, diagnostics));
        idents.push(&variant.ident);
    }
    quote! {
        const _: () = {
            const __SEALKIT_VARIANTS: &[&::core::primitive::str] = &[#(#names_of_variants),*];

            impl #krate::TaskType for #ident {
                const TYPE: #krate::Type =
                    #krate::Type::Enum(&#krate::EnumType::__new(#name, __SEALKIT_VARIANTS));

                fn to_value(&self) -> ::core::result::Result<#krate::Value, #krate::ValueError> {
                    let __sealkit_name = match self { #(Self::#idents => #names_of_variants),* };
                    ::core::result::Result::Ok(#krate::Value::String(::core::convert::From::from(__sealkit_name)))
                }

                fn from_value(__sealkit_value: #krate::Value) -> ::core::result::Result<Self, #krate::ValueError> {
                    match ::std::string::String::as_str(&#krate::__private::variant_name(__sealkit_value)?) {
                        #(#names_of_variants => ::core::result::Result::Ok(Self::#idents),)*
                        _ => ::core::result::Result::Err(#krate::__private::unknown_variant(__SEALKIT_VARIANTS)),
                    }
                }
            }
        };
    }
}

/// Returns whether a type is visibly the struct itself, or a container of it. The compiler would report a cycle.
fn contains(r#type: &Type, name: &str) -> bool {
    const CONTAINERS: [&str; 5] = ["Box", "Option", "Vec", "BTreeMap", "HashMap"];
    let Type::Path(TypePath { qself: None, path, .. }) = r#type else { return false };
    if path.is_ident(name) || path.is_ident("Self") {
        return true;
    }
    let Some(PathSegment { ident, arguments: PathArguments::AngleBracketed(arguments) }) =
        path.segments.last()
    else {
        return false;
    };
    CONTAINERS.iter().any(|container| ident == container)
        && arguments
            .args
            .iter()
            .any(|item| matches!(item, GenericArgument::Type(item) if contains(item, name)))
}

/// Returns the error message for a variant with fields, with a replacement.
fn data_in_variant(variant: &Variant) -> String {
    let ident = variant.ident.unraw().to_string();
    let mut field = String::new();
    for c in ident.chars() {
        if c.is_uppercase() && !field.is_empty() {
            field.push('_');
        }
        field.extend(c.to_lowercase());
    }
    let mut types =
        variant.fields.iter().map(|field| field.ty.to_token_stream().to_string().replace(' ', ""));
    let r#type = match (types.next(), types.next()) {
        (Some(only), None) => only,
        _ => ident.clone(),
    };
    format!(
        "the variant `{ident}` has data, which Flyte enums cannot have: use a struct with an optional field for each variant, such as `{field}: Option<{type}>`"
    )
}

/// The names of fields or variants, which must be unique.
#[derive(Default)]
struct Names(Vec<String>);

impl Names {
    fn add(&mut self, ident: &Ident, rename: Option<String>, diagnostics: &mut Diagnostics) -> String {
        let name = rename.unwrap_or_else(|| ident.unraw().to_string());
        if self.0.contains(&name) {
            diagnostics.at(
                ident,
                format_args!(
                    "duplicate name `{name}`: choose another, as in `#[task_type(rename = \"my_{name}\")]`"
                ),
            );
        }
        self.0.push(name.clone());
        name
    }
}

/// The arguments of `#[task_type(...)]`.
#[derive(Default)]
struct Options {
    rename: Option<String>,
    krate: Option<Path>,
    /// The word `outputs`.
    outputs: Option<Path>,
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
                    ("outputs", Meta::Path(path)) => options.outputs = Some(path.clone()),
                    ("crate", Meta::NameValue(pair)) => {
                        options.krate = diagnostics.take(crate_path(&pair.value));
                    }
                    (_, Meta::NameValue(pair)) => {
                        let literal = parse_string(&pair.value, "rename = \"name\"", diagnostics);
                        if let Some(literal) = literal.as_ref().filter(|literal| literal.value().is_empty()) {
                            diagnostics.at(literal, "the name is empty: expected `rename = \"name\"`");
                        }
                        options.rename = literal.map(|literal| literal.value());
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
