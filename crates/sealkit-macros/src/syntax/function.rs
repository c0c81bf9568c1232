//! The function that the attribute is applied to.

use proc_macro2::TokenStream;
use syn::{
    Attribute, Signature, Token, Visibility, braced,
    parse::{Parse, ParseStream},
    token::Brace,
};

/// A function with an unparsed body, so that rustc reports syntax errors in it.
pub(crate) struct Function {
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) visibility: Visibility,
    pub(crate) signature: Signature,
    pub(crate) brace: Brace,
    pub(crate) inner_attributes: Vec<Attribute>,
    pub(crate) body: TokenStream,
}

impl Parse for Function {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let attributes = input.call(Attribute::parse_outer)?;
        let visibility = input.parse()?;
        let signature = match input.fork().parse::<Signature>() {
            Ok(_) => input.parse()?,
            Err(error) => {
                return Err(if is_function(&input.fork()) {
                    error
                } else if input.peek(Token![struct]) || input.peek(Token![enum]) {
                    input.error(
                        "this attribute can only be applied to a function: for a type, use `#[derive(TaskType)]`",
                    )
                } else {
                    input.error("this attribute can only be applied to a function")
                });
            }
        };
        if input.peek(Token![;]) {
            return Err(input.error("a task must have a body"));
        }
        let content;
        let brace = braced!(content in input);
        let inner_attributes = content.call(Attribute::parse_inner)?;
        let body = content.parse()?;
        Ok(Self { attributes, visibility, signature, brace, inner_attributes, body })
    }
}

/// Returns whether the input starts a function, possibly with invalid syntax.
fn is_function(input: ParseStream<'_>) -> bool {
    while !input.is_empty() {
        if input.peek(Token![fn]) {
            return true;
        }
        let qualifier = input.peek(Token![const])
            || input.peek(Token![async])
            || input.peek(Token![unsafe])
            || input.peek(Token![extern])
            || input.peek(syn::LitStr);
        if !qualifier || input.parse::<proc_macro2::TokenTree>().is_err() {
            return false;
        }
    }
    false
}
