//! Detection of reads with a literal key in the body of a task.
//!
//! A macro has no type information, so it only detects unambiguous reads: method chains that start with
//! `current_context()`, or with a variable that a `let` in the same body binds to `current_context()` or to its
//! `.secrets()`. The runtime checks all other reads.

use proc_macro2::{Delimiter, Group, Ident, TokenStream, TokenTree};
use sealkit_names::read::Access;
use syn::LitStr;

/// A read of a secret by a literal key.
pub(super) struct Read {
    pub(super) group: Option<String>,
    pub(super) key: LitStr,
    pub(super) access: Access,
}

/// The value of a variable or of the start of a method chain.
#[derive(Clone)]
enum Receiver {
    Context,
    Secrets { group: Option<String> },
}

/// Returns all reads in `body` in source order.
pub(super) fn find(body: &TokenStream) -> Vec<Read> {
    let mut scanner = Scanner::default();
    scanner.count_bindings(body.clone());
    scanner.scan(body.clone());
    scanner.reads
}

#[derive(Default)]
struct Scanner {
    /// Names of all bindings, with repetitions.
    bound: Vec<String>,
    variables: Vec<(String, Receiver)>,
    reads: Vec<Read>,
}

impl Scanner {
    /// Collects the names of all bindings. A variable that is bound more than once is ignored.
    fn count_bindings(&mut self, tokens: TokenStream) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        for (i, tree) in tokens.iter().enumerate() {
            match tree {
                TokenTree::Ident(keyword) if keyword == "let" || keyword == "for" || keyword == "ref" => {
                    // All identifiers of the pattern.
                    let pattern = tokens[i + 1..].iter().take_while(|tree| !ends_pattern(tree));
                    pattern.for_each(|tree| self.bind_all(tree.clone().into()));
                }
                // The parameters of a closure.
                TokenTree::Punct(bar) if bar.as_char() == '|' => {
                    let inputs = tokens[i + 1..].iter().take_while(|tree| !is_punct(tree, '|'));
                    inputs.for_each(|tree| self.bind_all(tree.clone().into()));
                }
                // The parameters of an inner function.
                TokenTree::Ident(keyword) if keyword == "fn" => {
                    if let Some(TokenTree::Group(inputs)) = tokens.get(i + 2) {
                        self.bind_all(inputs.stream());
                    }
                }
                TokenTree::Group(group) => self.count_bindings(group.stream()),
                _ => {}
            }
        }
    }

    fn bind_all(&mut self, pattern: TokenStream) {
        for tree in pattern {
            match tree {
                TokenTree::Ident(name) => self.bound.push(name.to_string()),
                TokenTree::Group(group) => self.bind_all(group.stream()),
                _ => {}
            }
        }
    }

    fn scan(&mut self, tokens: TokenStream) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let mut i = 0;
        while i < tokens.len() {
            if let Some((name, value)) = binding(&tokens[i..])
                && let value = i + value + path_prefix(&tokens[i + value..])
                && let Some((receiver, end)) = self.chain(&tokens[value..])
                && tokens.get(value + end).is_some_and(|tree| is_punct(tree, ';'))
                && self.bound.iter().filter(|bound| *name == bound.as_str()).count() == 1
            {
                self.variables.push((name.to_string(), receiver));
            } else if !follows_dot(&tokens, i) {
                let _ =
                    self.chain(&tokens[i..]).map(|(receiver, end)| self.read(&receiver, &tokens[i + end..]));
            }
            if let TokenTree::Group(group) = &tokens[i] {
                self.scan(group.stream());
            }
            i += 1;
        }
    }

    /// Returns the receiver at the start of `tokens` and the index of its end: the first method that is neither
    /// `secrets` nor `group`.
    fn chain(&self, tokens: &[TokenTree]) -> Option<(Receiver, usize)> {
        let (mut receiver, mut end) = self.root(tokens)?;
        while let Some((method, arguments)) = call(&tokens[end..]) {
            receiver = match (&receiver, method.to_string().as_str()) {
                (Receiver::Context, "secrets") if arguments.stream().is_empty() => {
                    Receiver::Secrets { group: None }
                }
                (Receiver::Secrets { .. }, "group") => {
                    Receiver::Secrets { group: Some(literal(arguments)?.value()) }
                }
                (_, "clone") if arguments.stream().is_empty() => receiver,
                _ => break,
            };
            end += 3;
        }
        Some((receiver, end))
    }

    fn root(&self, tokens: &[TokenTree]) -> Option<(Receiver, usize)> {
        let TokenTree::Ident(name) = tokens.first()? else { return None };
        if name == "current_context" {
            let called = matches!(tokens.get(1), Some(TokenTree::Group(group)) if is_call(group) && group.stream().is_empty());
            return called.then_some((Receiver::Context, 2));
        }
        let receiver = &self.variables.iter().rev().find(|(known, _)| name == known.as_str())?.1;
        Some((receiver.clone(), 1))
    }

    fn read(&mut self, receiver: &Receiver, rest: &[TokenTree]) -> Option<()> {
        let Receiver::Secrets { group } = receiver else { return None };
        let (method, arguments) = call(rest)?;
        let access = Access::METHODS.into_iter().find(|access| method == access.method())?;
        let key = literal(arguments)?;
        self.reads.push(Read { group: group.clone(), key, access });
        Some(())
    }
}

/// Parses `let name =` or `let mut name: Type =`. Returns the name and the index of the value.
fn binding(tokens: &[TokenTree]) -> Option<(&Ident, usize)> {
    let is_word = |tree: &TokenTree, word: &str| matches!(tree, TokenTree::Ident(ident) if ident == word);
    if !is_word(tokens.first()?, "let") {
        return None;
    }
    let name = if is_word(tokens.get(1)?, "mut") { 2 } else { 1 };
    let TokenTree::Ident(ident) = tokens.get(name)? else { return None };
    if !is_punct(tokens.get(name + 1)?, '=') && !is_punct(tokens.get(name + 1)?, ':') {
        return None;
    }
    let equals = tokens.iter().position(|tree| is_punct(tree, '='))?;
    Some((ident, equals + 1))
}

/// Returns the number of leading tokens that qualify a name, such as `::sealkit::`.
fn path_prefix(tokens: &[TokenTree]) -> usize {
    let mut length = 0;
    loop {
        match &tokens[length..] {
            [a, b, ..] if is_punct(a, ':') && is_punct(b, ':') => length += 2,
            [TokenTree::Ident(_), a, b, ..] if is_punct(a, ':') && is_punct(b, ':') => length += 3,
            _ => return length,
        }
    }
}

/// Parses `.method(arguments)` at the start of `tokens`.
fn call(tokens: &[TokenTree]) -> Option<(&Ident, &Group)> {
    match tokens {
        [dot, TokenTree::Ident(method), TokenTree::Group(arguments), ..]
            if is_punct(dot, '.') && is_call(arguments) =>
        {
            Some((method, arguments))
        }
        _ => None,
    }
}

fn literal(arguments: &Group) -> Option<LitStr> {
    syn::parse2(arguments.stream()).ok()
}

fn is_call(group: &Group) -> bool {
    group.delimiter() == Delimiter::Parenthesis
}

fn is_punct(tree: &TokenTree, character: char) -> bool {
    matches!(tree, TokenTree::Punct(punct) if punct.as_char() == character)
}

fn ends_pattern(tree: &TokenTree) -> bool {
    is_punct(tree, '=') || is_punct(tree, ';') || matches!(tree, TokenTree::Ident(word) if word == "in")
}

/// Returns whether the token is a field or method name.
fn follows_dot(tokens: &[TokenTree], i: usize) -> bool {
    i > 0 && is_punct(&tokens[i - 1], '.')
}

#[cfg(test)]
mod tests {
    use quote::quote;

    use super::*;

    fn found(body: &TokenStream) -> Vec<String> {
        find(body)
            .into_iter()
            .map(|read| {
                format!("{}{}", read.group.map(|group| group + "/").unwrap_or_default(), read.key.value())
            })
            .collect()
    }

    #[test]
    fn chains_from_the_context_are_found_in_nested_code() {
        assert_eq!(
            found(&quote! {
                let a = current_context().secrets().get("a")?;
                println!("{}", sealkit::current_context().secrets().group("g").get_bytes("b")?.expose().len());
                if x { || ::sealkit::current_context().secrets().get_secrets_file("c") }
            }),
            ["a", "g/b", "c"]
        );
    }

    #[test]
    fn variables_of_the_same_body_are_resolved() {
        assert_eq!(
            found(&quote! {
                let context = sealkit::current_context();
                let secrets: Secrets = context.secrets();
                let mut grouped = secrets.group("g");
                (context.secrets().get("a"), secrets.get("b"), grouped.get("c"), secrets.get_secrets_env_var("d"))
            }),
            ["a", "b", "g/c", "d"]
        );
    }

    #[test]
    fn ambiguous_reads_are_ignored() {
        let nothing: [&str; 0] = [];
        assert_eq!(
            found(&quote!(client.secrets().get("a"); secrets.get("b"); self.context.secrets().get("c"))),
            nothing
        );
        assert_eq!(
            found(&quote!(current_context().secrets().get(key); current_context().secrets().get(KEY))),
            nothing
        );
        assert_eq!(found(&quote!(current_context().secrets().group(name).get("a"))), nothing);
        let shadowed = quote! {
            let secrets = current_context().secrets();
            let secrets = std::collections::HashMap::new();
            secrets.get("a");
        };
        assert_eq!(found(&shadowed), nothing);
        let closure = quote! {
            let secrets = current_context().secrets();
            maps.iter().map(|secrets| secrets.get("a"));
        };
        assert_eq!(found(&closure), nothing);
    }
}
