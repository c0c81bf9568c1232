//! Generation of the code of a task.
//!
//! All generated items are inside the function, whose name, signature and documentation stay the same, so the
//! user's scope gets no new names. The body becomes an inner function, so that the compiler reports a wrong
//! return type at its location. Items are not hygienic, so their names start with `__sealkit`.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens as _, format_ident, quote, quote_spanned};
use sealkit_names::read::{self, Access};
use syn::{FnArg, GenericArgument, Pat, PathArguments, Signature, Token, Type, parse_quote};

use super::{TaskKind, allowance::Place, default, model::Task, reads::Read, schedule};
use crate::{
    member::{inferred_member, member},
    syntax::{crate_at, option},
};

impl Task {
    pub(super) fn expand(&self) -> TokenStream {
        let function = &self.function;
        let (attributes, visibility, inner_attributes) =
            (&function.attributes, &function.visibility, &function.inner_attributes);
        let signature = self.outer_signature();
        let items = [self.body(), self.requests(), self.interface(), self.invoke(), self.metadata()];
        let call = self.call();
        let mut tokens = quote!(#(#attributes)* #visibility #signature);
        function
            .brace
            .surround(&mut tokens, |tokens| tokens.extend(quote!(#(#inner_attributes)* #(#items)* #call)));
        tokens
    }

    /// Returns the signature of the outer function, without the `mut` of inputs, which only the body needs.
    ///
    /// An async task becomes a function that returns a future, which remembers the context of its caller, so that it can be spawned.
    ///
    /// The inputs are hygienic, because an input may have the name of the function, which generated items use.
    fn outer_signature(&self) -> Signature {
        let mut signature = self.function.signature.clone();
        if signature.asyncness.take().is_some() {
            let output = &self.output;
            signature.output = parse_quote!(-> impl ::core::future::Future<Output = #output>);
        }
        for argument in &mut signature.inputs {
            if let FnArg::Typed(input) = argument {
                input.attrs.clear();
                if let Pat::Ident(name) = &mut *input.pat {
                    name.mutability = None;
                    name.ident = hygienic(&name.ident);
                }
            }
        }
        signature
    }

    /// Generates the inner function with the user's body.
    fn body(&self) -> TokenStream {
        let mut signature = self.function.plain_signature();
        signature.ident = Ident::new("__sealkit_body", signature.ident.span().resolved_at(Span::call_site()));
        // The spans mark the inner function as generated, so that lints do not suggest borrowed inputs.
        signature.fn_token = Token![fn](Span::call_site());
        signature.asyncness = signature.asyncness.map(|_| Token![async](Span::call_site()));
        // Lints already check the outer function, and a task returns a `Result` even if it cannot fail.
        let mut tokens = quote!(#[allow(clippy::too_many_arguments, clippy::unnecessary_wraps)] #signature);
        let (body, unused) = match &self.settings.deployed {
            Some(reference) if self.function.semicolon.is_some() => {
                let krate = &self.krate;
                let body = quote!(#krate::__private::Output::only_deployed(&__SEALKIT_OUTPUT, #reference));
                let lints = quote!(unused_variables, clippy::unused_async, clippy::needless_pass_by_value);
                (body, Some(quote!(#[allow(#lints)])))
            }
            _ => (self.function.body.clone(), None),
        };
        self.function.brace.surround(&mut tokens, |tokens| tokens.extend(body));
        quote!(#unused #tokens)
    }

    /// Generates the requests, and the checks that need constant evaluation.
    fn requests(&self) -> TokenStream {
        let krate = &self.krate;
        let entries = self.requests.iter().map(|request| &request.tokens);
        let own = quote!(&[#(#entries),*]);
        let mut tokens = self.settings.requests(krate, &own);
        let list = if self.settings.has_environment() {
            quote!(__SEALKIT_OWN_REQUESTS)
        } else {
            quote!(__SEALKIT_REQUESTS)
        };
        let mut opaque_before = false;
        for (index, request) in self.requests.iter().enumerate() {
            let (krate, span) = crate_at(krate, &request.expression);
            let opaque = request.literal.is_none();
            if opaque {
                tokens.extend(quote_spanned! {span=>
                    const _: () = #krate::__private::check_names(&#list[#index]);
                });
            }
            if index > 0 && (opaque || opaque_before) {
                tokens.extend(quote_spanned! {span=>
                    const _: () = #krate::__private::check_collisions(#list, #index);
                });
            }
            opaque_before |= opaque;
        }
        tokens.extend(self.settings.checks(krate));
        tokens.extend(self.reads.iter().map(|read| self.check_read(read)));
        tokens
    }

    fn check_read(&self, read: &Read) -> TokenStream {
        let key = &read.key;
        let (krate, span) = crate_at(&self.krate, key);
        let group = option(read.group.as_ref());
        let access = match read.access {
            Access::Value => quote!(Value),
            Access::Reference => quote!(Reference),
            Access::Bytes => quote!(Bytes),
            Access::File => quote!(File),
            Access::Variable => quote!(Variable),
        };
        let of_group = read.group.as_deref();
        let undeclared = read::undeclared(&self.name.value(), of_group, &key.value());
        let advice = read::how_to_declare(of_group, &key.value(), read.access);
        quote_spanned! {span=>
            const _: () = #krate::__private::check_read(
                __SEALKIT_REQUESTS, #group, #key, #krate::__private::ReadAccess::#access, #undeclared, #advice
            );
        }
    }

    /// Generates the inputs and the output.
    fn interface(&self) -> TokenStream {
        let krate = &self.krate;
        let inputs = self.inputs.iter().enumerate().map(|(index, input)| {
            let (constant, r#type) = (input_constant(index), &input.r#type);
            let name = input.name();
            let member = member(krate, r#type);
            let docs = (!input.docs.is_empty()).then(|| {
                let docs = &input.docs;
                quote!(.documented(#docs))
            });
            let default =
                input.default.as_ref().map(|default| default::functions(krate, &constant, r#type, default));
            let or = default.as_ref().map(|_| quote!(.or(__sealkit_default, __sealkit_default_value)));
            let (krate, span) = crate_at(krate, r#type);
            quote_spanned! {span=>
                const #constant: #krate::__private::Member<#r#type> = {
                    #default
                    #krate::__private::Member::named(#member, #name) #docs #or
                };
            }
        });
        let output = self.output();
        let constants =
            self.inputs.iter().enumerate().map(|(index, input)| (input_constant(index), &input.ident));
        let checks = schedule::checks(krate, &self.settings.schedules, constants);
        let places = self.allowances.iter().filter_map(|allowance| allowance.place.check(krate));
        quote!(#(#inputs)* #output #(#checks)* #(#places)*)
    }

    /// Generates the output. The compiler infers the output and error types from the return type, which may be an
    /// alias, and reports errors at these types if they are visible.
    fn output(&self) -> TokenStream {
        let output = &self.output;
        let mut arguments = result_arguments(output).into_iter();
        let output_type = arguments.next().unwrap_or_else(|| output.clone());
        let error_type = arguments.next().unwrap_or_else(|| output.clone());
        let member = inferred_member(&self.krate, &output_type);
        let error = {
            let (krate, span) = crate_at(&self.krate, &error_type);
            quote_spanned!(span=> #krate::__private::TaskError::CONVERSIONS)
        };
        let (krate, span) = crate_at(&self.krate, output);
        let functions = is_result(output).then(|| self.error_functions());
        let (as_error, codec) = match &functions {
            Some(_) => (quote!(__sealkit_as_error), quote!(__sealkit_error_codec)),
            None => (quote!(#krate::__private::not_visible), quote!(#krate::__private::opaque)),
        };
        quote_spanned! {span=>
            const __SEALKIT_OUTPUT: #krate::__private::Output<#output> = {
                #functions
                let __sealkit_member = #krate::__private::Member::returned(#member);
                #krate::__private::Output {
                    variables: __sealkit_member.outputs,
                    result: &#krate::__private::ResultConversions {
                        output: __sealkit_member,
                        error: #error,
                        as_error: #as_error,
                        codec: #codec,
                    },
                }
            };
        }
    }

    /// Generates the functions that return the error as a standard error, if its type is one or points to one, and how it is
    /// serialized, if it can be.
    fn error_functions(&self) -> TokenStream {
        let (krate, span) = crate_at(&self.krate, &self.output);
        let output = &self.output;
        quote_spanned! {span=>
            fn __sealkit_error_codec() -> ::core::option::Option<
                #krate::__private::ErrorCodec<<#output as #krate::__private::ResultType>::Error>,
            > {
                use #krate::__private::error_type::*;
                (&&ErrorType::<<#output as #krate::__private::ResultType>::Error>::new()).__sealkit_error_codec()
            }
            fn __sealkit_as_error<'__sealkit>(
                __sealkit_error: &'__sealkit <#output as #krate::__private::ResultType>::Error,
            ) -> ::core::option::Option<&'__sealkit (dyn ::core::error::Error + 'static)> {
                use #krate::__private::as_error::*;
                (&&&ErrorRef(__sealkit_error)).__sealkit_as_error()
            }
        }
    }

    /// Generates the function that runs the task by name.
    fn invoke(&self) -> TokenStream {
        let krate = &self.krate;
        let function = &self.function.signature.ident;
        let arguments: Vec<TokenStream> = (0..self.inputs.len())
            .map(input_constant)
            .map(|constant| quote!(#krate::__private::Member::take(&#constant, &mut __sealkit_inputs)?))
            .collect();
        // The same expression as in the metadata, so that the compiler reports a missing associated function once.
        let call = quote!((#function)(#(#arguments),*));
        // A path, because a trait in the user's scope may have a method of this name.
        let finish = quote!(#krate::__private::Output::finish);
        let run = if self.is_async() {
            quote! {
                #krate::__private::block_on(move || async move { #finish(&__SEALKIT_OUTPUT, #call.await) })
            }
        } else {
            quote!(#finish(&__SEALKIT_OUTPUT, #call))
        };
        let mutability = (!self.inputs.is_empty()).then(|| quote!(mut));
        let inputs = if self.inputs.is_empty() { quote!(_) } else { quote!(#mutability __sealkit_inputs) };
        quote! {
            fn __sealkit_invoke(
                #inputs: #krate::__private::Members,
            ) -> ::core::result::Result<::core::option::Option<#krate::Value>, #krate::__private::InvokeError> {
                #run
            }
        }
    }

    /// Generates a function that converts inputs without running the task.
    fn check_inputs(&self) -> Option<TokenStream> {
        let krate = &self.krate;
        let constants: Vec<Ident> = (0..self.inputs.len()).map(input_constant).collect();
        (!constants.is_empty()).then(|| {
            quote! {
                fn __sealkit_check_inputs(
                    __sealkit_inputs: &mut #krate::__private::Members,
                    __sealkit_errors: &mut ::std::vec::Vec<#krate::ValueError>,
                ) {
                    #(#krate::__private::Member::check(&#constants, __sealkit_inputs, __sealkit_errors);)*
                }
            }
        })
    }

    fn metadata(&self) -> TokenStream {
        let (krate, name, docs) = (&self.krate, &self.name, &self.docs);
        let function = &self.function.signature.ident;
        let kind = match self.kind {
            TaskKind::Task => quote!(Task),
            TaskKind::Workflow => quote!(Workflow),
        };
        let inputs = (0..self.inputs.len()).map(input_constant);
        let allowances = self.allowances.iter().map(|allowance| {
            let (secret, because) = (&allowance.secret, &allowance.because);
            let place = match &allowance.place {
                Place::Output(place) => quote!(Output(#place)),
                Place::Input(place) => quote!(Input(#place)),
            };
            quote!(#krate::AllowedSecret::__new(#krate::AllowedPlace::#place, #secret, #because))
        });
        let limits = self.limits.tokens(krate, &self.name);
        let (settings, calls) = (self.settings.tokens(krate), self.calls());
        let check_inputs = self.check_inputs();
        let with_check = check_inputs.as_ref().map(|_| quote!(.__check_inputs(__sealkit_check_inputs)));
        quote! {
            #check_inputs
            static __SEALKIT_TASK: #krate::TaskMetadata = #krate::TaskMetadata::__new(
                #name,
                ::core::module_path!(),
                #krate::TaskKind::#kind,
                #docs,
                __SEALKIT_REQUESTS,
                &[#(#inputs.variable),*],
                __SEALKIT_OUTPUT.variables,
                &[#(#allowances),*],
                #limits,
                || #krate::__private::type_id_of(&#function),
                __sealkit_invoke,
            )#with_check #calls #settings;
            #krate::__private::inventory::submit! { #krate::__private::Registered(&__SEALKIT_TASK) }
        }
    }

    /// Generates the list of the declared calls.
    fn calls(&self) -> Option<TokenStream> {
        let callees = self.calls.as_ref()?.iter().map(|path| {
            let text = path.to_token_stream().to_string().replace(' ', "");
            let (krate, span) = crate_at(&self.krate, path);
            quote_spanned!(span=> #krate::__private::Callee::new(#text, &#path))
        });
        Some(quote!(.__calls(&[#(#callees),*])))
    }

    /// Generates the body of the outer function.
    fn call(&self) -> TokenStream {
        let krate = &self.krate;
        let arguments: Vec<Ident> = self.inputs.iter().map(|input| hygienic(&input.ident)).collect();
        let body = quote!(__sealkit_body(#(#arguments),*));
        let record = arguments.iter().enumerate().map(|(index, argument)| {
            let constant = input_constant(index);
            quote!(#krate::__private::Member::record(&#constant, &#argument, __sealkit_call_inputs);)
        });
        let recorder = if arguments.is_empty() { quote!(_) } else { quote!(__sealkit_call_inputs) };
        let again = self.again();
        let run = if self.is_async() {
            quote!(#krate::__private::Call::run_async(__sealkit_call, move || #body, #again).await)
        } else {
            quote!(#krate::__private::Call::run(__sealkit_call, move || #body, #again))
        };
        let call = quote! {
            let __sealkit_call =
                #krate::__private::Call::new(&__SEALKIT_TASK, &__SEALKIT_OUTPUT, |#recorder| { #(#record)* });
            #run
        };
        if self.is_async() {
            quote!(#krate::__private::in_context_of_caller(async move { #call }))
        } else {
            call
        }
    }

    /// Generates a closure that calls the body with inputs by name, for attempts after the first.
    fn again(&self) -> TokenStream {
        let krate = &self.krate;
        let arguments = (0..self.inputs.len())
            .map(input_constant)
            .map(|constant| quote!(#krate::__private::Member::take(&#constant, &mut __sealkit_inputs)?));
        let inputs = if self.inputs.is_empty() { quote!(_) } else { quote!(mut __sealkit_inputs) };
        let body = quote!(__sealkit_body(#(#arguments),*));
        quote!(|#inputs: #krate::__private::Members| ::core::result::Result::Ok(#body))
    }

    fn is_async(&self) -> bool {
        self.function.signature.asyncness.is_some()
    }
}

/// Returns whether a return type is visibly a `Result`. For any other type, the compiler may report that it is none.
fn is_result(output: &Type) -> bool {
    matches!(output, Type::Path(output) if output.path.segments.last().is_some_and(|last| last.ident == "Result"))
}

fn hygienic(input: &Ident) -> Ident {
    let mut input = input.clone();
    input.set_span(input.span().resolved_at(Span::mixed_site()));
    input
}

fn input_constant(index: usize) -> Ident {
    format_ident!("__SEALKIT_INPUT_{index}")
}

/// Returns the type arguments of a return type, such as `T` and `E` of `Result<T, E>`.
pub(super) fn result_arguments(output: &Type) -> Vec<Type> {
    let Type::Path(output) = output else { return Vec::new() };
    match output.path.segments.last().map(|last| &last.arguments) {
        Some(PathArguments::AngleBracketed(arguments)) => {
            let types = arguments.args.iter().filter_map(|argument| match argument {
                GenericArgument::Type(r#type) => Some(r#type.clone()),
                _ => None,
            });
            types.collect()
        }
        _ => Vec::new(),
    }
}
