//! One entry of `secret_requests`.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use sealkit_names::{MountType, Request as Names, nearest, rules};
use syn::{Expr, ExprAssign, ExprCall, ExprLit, ExprPath, Lit, LitStr, Path};

use crate::{
    diagnostics::Diagnostics,
    syntax::{crate_at, text_of},
};

/// A request: Rust that makes it, and what is known of it now.
pub(super) struct Request {
    /// Where mistakes with the request as a whole are shown.
    pub(super) expression: Expr,
    pub(super) tokens: TokenStream,
    /// `None` where a constant or an expression hides it from the macro.
    pub(super) literal: Option<Literal>,
}

/// A request whose fields are all literals.
pub(super) struct Literal {
    key: LitStr,
    group: Option<LitStr>,
    group_version: Option<LitStr>,
    mount: MountType,
    env_var: Option<LitStr>,
    /// The same as text.
    text: Text,
}

#[derive(Default)]
struct Text {
    key: String,
    group: Option<String>,
    group_version: Option<String>,
    env_var: Option<String>,
}

impl Literal {
    pub(super) fn names(&self) -> Names<'_> {
        Names {
            group: self.text.group.as_deref(),
            group_version: self.text.group_version.as_deref(),
            key: &self.text.key,
            mount: self.mount,
            env_var: self.text.env_var.as_deref(),
        }
    }

    pub(super) fn key(&self) -> &LitStr {
        &self.key
    }
}

impl Request {
    pub(super) fn new(expression: Expr, krate: &Path, diagnostics: &mut Diagnostics) -> Option<Self> {
        match &expression {
            Expr::Call(call) if is_secret(&call.func) => Self::short_form(call, krate, diagnostics),
            Expr::Lit(ExprLit { lit: Lit::Str(key), .. }) => {
                let advice = format!("write `Secret(key = \"{}\")`", key.value());
                diagnostics.at(&expression, format_args!("expected a secret, found a string: {advice}"));
                None
            }
            Expr::Lit(_) => {
                diagnostics.at(&expression, "expected a secret: write `Secret(key = \"my_secret\")`");
                None
            }
            Expr::Struct(literal)
                if literal.path.segments.last().is_some_and(|last| last.ident == "Secret") =>
            {
                diagnostics.at(
                    &expression,
                    "write parentheses: `Secret(key = \"my_secret\")`, or use `Secret::new`",
                );
                None
            }
            Expr::Path(path) if path.path.is_ident("Secret") => {
                diagnostics.at(&expression, "this secret has no key: write `Secret(key = \"my_secret\")`");
                None
            }
            // Any other expression makes the request itself; the compiler checks it when it evaluates it.
            _ => Some(Self { tokens: expression.to_token_stream(), literal: None, expression }),
        }
    }

    /// `Secret(key = "k", …)`: sugar for the builder, whose method names keep the places of what was written.
    fn short_form(call: &ExprCall, krate: &Path, diagnostics: &mut Diagnostics) -> Option<Self> {
        let mut fields = Fields::default();
        for argument in &call.args {
            match argument {
                Expr::Assign(ExprAssign { left, right, .. }) => fields.set(left, right, diagnostics),
                Expr::Lit(ExprLit { lit: Lit::Str(key), .. }) => {
                    let key = key.value();
                    diagnostics.at(
                        argument,
                        format_args!("expected `name = value`: write `Secret(key = \"{key}\")`"),
                    );
                    fields.failed = true;
                }
                other => {
                    diagnostics.at(other, "expected `name = value`: write `Secret(key = \"my_secret\")`");
                    fields.failed = true;
                }
            }
        }
        if fields.failed {
            return None;
        }
        let Some((_, key)) = fields.take("key") else {
            diagnostics.at(call, "this secret has no key: write `Secret(key = \"my_secret\")`");
            return None;
        };
        let (secret, span) = crate_at(krate, &call.func);
        let mut tokens = quote_spanned!(span=> #secret::Secret::new(#key));
        for (name, value) in &fields.given {
            let method =
                if name == "mount_requirement" { Ident::new("mount", name.span()) } else { name.clone() };
            let value = match mount_word(name, value) {
                Some(word) => quote_spanned!(word.span()=> #krate::MountType::#word),
                None => value.to_token_stream(),
            };
            tokens.extend(quote!(.#method(#value)));
        }
        let literal = fields.literal(&key);
        if let Some(literal) = &literal {
            literal.check(diagnostics);
        }
        Some(Self { expression: Expr::Call(call.clone()), tokens, literal })
    }
}

impl Literal {
    /// Reports every name that no secret may have.
    fn check(&self, diagnostics: &mut Diagnostics) {
        let mut check = |literal: Option<&LitStr>, rule: fn(&str) -> Result<(), rules::NameError>| {
            if let Some(literal) = literal
                && let Err(error) = rule(&literal.value())
            {
                diagnostics.at(literal, error.message(&literal.value()));
            }
        };
        check(Some(&self.key), rules::check_key);
        check(self.group.as_ref(), rules::check_group);
        check(self.group_version.as_ref(), rules::check_group_version);
        check(self.env_var.as_ref(), rules::check_env_var);
    }
}

/// The fields of a short form.
#[derive(Default)]
struct Fields {
    given: Vec<(Ident, Expr)>,
    failed: bool,
}

const KNOWN: [&str; 5] = ["key", "group", "group_version", "mount_requirement", "env_var"];

impl Fields {
    fn set(&mut self, name: &Expr, value: &Expr, diagnostics: &mut Diagnostics) {
        let ident = match name {
            Expr::Path(path) => path.path.get_ident(),
            _ => None,
        };
        let problem = match ident {
            None => Some("expected the name of a field, as in `Secret(key = \"my_secret\")`".to_owned()),
            Some(ident) if !KNOWN.iter().any(|known| ident == known) => {
                let near = nearest(&ident.to_string(), KNOWN).map(|near| format!("; did you mean `{near}`?"));
                let known = "`key`, `group`, `group_version`, `mount_requirement` or `env_var`";
                Some(format!(
                    "unknown field `{ident}` in `Secret`: expected {known}{}",
                    near.unwrap_or_default()
                ))
            }
            Some(ident) if self.given.iter().any(|(given, _)| given == ident) => {
                Some(format!("`{ident}` is given twice"))
            }
            Some(_) => None,
        };
        if let Some(problem) = problem {
            diagnostics.at(name, problem);
            self.failed = true;
            return;
        }
        if ident.is_some_and(|ident| ident == "mount_requirement")
            && (is_python(value) || text_of(value).is_some())
        {
            diagnostics.at(value, "write the mount requirement as a bare word: `FILE`, `ENV_VAR` or `ANY`");
            self.failed = true;
            return;
        }
        self.given.extend(ident.map(|ident| (ident.clone(), value.clone())));
    }

    fn take(&mut self, name: &str) -> Option<(Ident, Expr)> {
        let index = self.given.iter().position(|(given, _)| given == name)?;
        Some(self.given.remove(index))
    }

    fn literal(&self, key: &Expr) -> Option<Literal> {
        let key = text_of(key)?;
        let mut literal = Literal {
            text: Text { key: key.value(), ..Text::default() },
            key,
            group: None,
            group_version: None,
            mount: MountType::Any,
            env_var: None,
        };
        for (name, value) in &self.given {
            if name == "mount_requirement" {
                literal.mount = mount(name, value)?;
                continue;
            }
            let value = text_of(value)?;
            let text = Some(value.value());
            match name.to_string().as_str() {
                "group" => (literal.group, literal.text.group) = (Some(value), text),
                "group_version" => (literal.group_version, literal.text.group_version) = (Some(value), text),
                _ => (literal.env_var, literal.text.env_var) = (Some(value), text),
            }
        }
        Some(literal)
    }
}

fn is_secret(function: &Expr) -> bool {
    matches!(function, Expr::Path(path) if path.path.segments.last().is_some_and(|last| last.ident == "Secret"))
}

/// A bare word is the name of a mount requirement, anything else an expression.
fn mount_word<'a>(field: &Ident, value: &'a Expr) -> Option<&'a Ident> {
    match value {
        Expr::Path(ExprPath { path, .. }) if field == "mount_requirement" => path.get_ident(),
        _ => None,
    }
}

/// The mount requirement, if it can be told without evaluating anything.
fn mount(field: &Ident, value: &Expr) -> Option<MountType> {
    if let Some(word) = mount_word(field, value) {
        return MountType::from_name(&word.to_string());
    }
    let Expr::Path(ExprPath { path, .. }) = value else { return None };
    let mut names = path.segments.iter().rev().map(|segment| segment.ident.to_string());
    let variant = names.next()?;
    if names.next()? != "MountType" {
        return None;
    }
    match variant.as_str() {
        "Any" => Some(MountType::Any),
        "EnvVar" => Some(MountType::EnvVar),
        "File" => Some(MountType::File),
        word => MountType::from_name(word),
    }
}

/// `Secret.MountType.FILE`
fn is_python(value: &Expr) -> bool {
    matches!(value, Expr::Field(_))
}
