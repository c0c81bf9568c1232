//! The function that the attribute is applied to.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::{
    Attribute, FnArg, Signature, Token, Visibility, braced,
    parse::{Parse, ParseStream},
    token::Brace,
};

/// A function with an unparsed body, so that rustc reports syntax errors in it, or with a semicolon instead of a body.
pub(crate) struct Function {
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) visibility: Visibility,
    pub(crate) signature: Signature,
    pub(crate) semicolon: Option<Token![;]>,
    pub(crate) brace: Brace,
    pub(crate) inner_attributes: Vec<Attribute>,
    pub(crate) body: TokenStream,
}

impl Function {
    /// Returns the signature without the attributes of inputs that only the macro understands: defaults and documentation.
    pub(crate) fn plain_signature(&self) -> Signature {
        let mut signature = self.signature.clone();
        for argument in &mut signature.inputs {
            if let FnArg::Typed(input) = argument {
                let is_ours = |attribute: &Attribute| {
                    ["default", "doc"].iter().any(|name| attribute.path().is_ident(name))
                };
                input.attrs.retain(|attribute| !is_ours(attribute));
            }
        }
        signature
    }
}

/// The function as it would be without the attribute of the macro.
impl ToTokens for Function {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let Self { attributes, visibility, semicolon, brace, inner_attributes, body, .. } = self;
        let signature = self.plain_signature();
        // The compiler would report a missing body once more.
        let (unused, body) = match semicolon {
            Some(_) => (Some(quote!(#[allow(unused_variables)])), &quote!(loop {})),
            None => (None, body),
        };
        tokens.extend(quote!(#(#attributes)* #unused #visibility #signature));
        brace.surround(tokens, |tokens| tokens.extend(quote!(#(#inner_attributes)* #body)));
    }
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
            let (semicolon, brace) = (input.parse()?, Brace::default());
            let (inner_attributes, body) = Default::default();
            return Ok(Self { attributes, visibility, signature, semicolon, brace, inner_attributes, body });
        }
        let content;
        let brace = braced!(content in input);
        let inner_attributes = content.call(Attribute::parse_inner)?;
        let body = content.parse()?;
        Ok(Self { attributes, visibility, signature, semicolon: None, brace, inner_attributes, body })
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
