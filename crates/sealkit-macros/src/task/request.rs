//! Validation of an entry of `secret_requests`.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use sealkit_names::{GuardMode, MountType, Request, rules};
use syn::{Expr, ExprAssign, ExprCall, ExprLit, ExprPath, Lit, LitStr, Path};

use crate::{
    diagnostics::Diagnostics,
    syntax::{crate_at, did_you_mean, string_literal},
};

/// An entry of `secret_requests`.
pub(super) struct Entry {
    /// The entry as written, for the location of errors.
    pub(super) expression: Expr,
    /// An expression of type `sealkit::Secret`.
    pub(super) tokens: TokenStream,
    /// The request, unless it is a constant or another expression that the macro cannot evaluate.
    pub(super) literal: Option<Literal>,
}

/// A request with literal fields.
pub(super) struct Literal {
    key: LitStr,
    group: Option<LitStr>,
    group_version: Option<LitStr>,
    mount: MountType,
    env_var: Option<LitStr>,
    /// The values of the literals.
    values: Values,
}

#[derive(Default)]
struct Values {
    key: String,
    group: Option<String>,
    group_version: Option<String>,
    env_var: Option<String>,
}

impl Literal {
    fn of_key(key: LitStr) -> Self {
        let values = Values { key: key.value(), ..Values::default() };
        Self { key, group: None, group_version: None, mount: MountType::Any, env_var: None, values }
    }

    pub(super) fn request(&self) -> Request<'_> {
        Request {
            group: self.values.group.as_deref(),
            group_version: self.values.group_version.as_deref(),
            key: &self.values.key,
            mount: self.mount,
            env_var: self.values.env_var.as_deref(),
        }
    }

    pub(super) fn key(&self) -> &LitStr {
        &self.key
    }
}

impl Entry {
    /// Returns `None` if it adds an error.
    pub(super) fn new(expression: Expr, krate: &Path, diagnostics: &mut Diagnostics) -> Option<Self> {
        match &expression {
            Expr::Call(call) if is_secret(&call.func) => Self::short_form(call, krate, diagnostics),
            Expr::Lit(ExprLit { lit: Lit::Str(key), .. }) => {
                let (secret, span) = crate_at(krate, key);
                let tokens = quote_spanned!(span=> #secret::Secret::new(#key));
                let literal = Literal::of_key(key.clone());
                literal.check(diagnostics);
                Some(Self { expression: expression.clone(), tokens, literal: Some(literal) })
            }
            Expr::Lit(_) => {
                diagnostics.at(&expression, "expected a secret: write `Secret(key = \"my_secret\")`");
                None
            }
            Expr::Struct(literal)
                if literal.path.segments.last().is_some_and(|last| last.ident == "Secret") =>
            {
                diagnostics.at(&expression, "use parentheses: `Secret(key = \"my_secret\")`");
                None
            }
            Expr::Path(path) if path.path.is_ident("Secret") => {
                diagnostics.at(&expression, "this secret has no key: write `Secret(key = \"my_secret\")`");
                None
            }
            // The compiler evaluates and checks any other expression.
            _ => Some(Self { tokens: expression.to_token_stream(), literal: None, expression }),
        }
    }

    /// Translates `Secret(key = "k", …)` to builder calls. The method names keep the spans of the field names.
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
        for (name, value) in &fields.values {
            let method =
                if name == "mount_requirement" { Ident::new("mount", name.span()) } else { name.clone() };
            let mode = string_literal(value).filter(|_| name == "guard");
            let value = match (mount_name(name, value), mode) {
                (Some(mount), _) => quote_spanned!(mount.span()=> #krate::MountType::#mount),
                (None, Some(mode)) => {
                    let variant = match GuardMode::from_name(&mode.value()) {
                        Some(GuardMode::Off) => quote!(Off),
                        Some(GuardMode::Strict) => quote!(Strict),
                        _ => quote!(Standard),
                    };
                    quote_spanned!(mode.span()=> #krate::GuardMode::#variant)
                }
                (None, None) => value.to_token_stream(),
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
    /// Reports invalid names.
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

/// The fields of `Secret(...)`.
#[derive(Default)]
struct Fields {
    values: Vec<(Ident, Expr)>,
    failed: bool,
}

const KNOWN: [&str; 6] = ["key", "group", "group_version", "mount_requirement", "env_var", "guard"];

impl Fields {
    fn set(&mut self, name: &Expr, value: &Expr, diagnostics: &mut Diagnostics) {
        let ident = match name {
            Expr::Path(path) => path.path.get_ident(),
            _ => None,
        };
        let problem = match ident {
            None => Some("expected the name of a field, as in `Secret(key = \"my_secret\")`".to_owned()),
            Some(ident) if !KNOWN.iter().any(|known| ident == known) => {
                let known = "`key`, `group`, `group_version`, `mount_requirement`, `env_var` or `guard`";
                let suggestion = match ident.to_string().as_str() {
                    "mount" | "mount_type" => "; did you mean `mount_requirement`?".to_owned(),
                    "name" => "; did you mean `key`?".to_owned(),
                    "as_env_var" | "env" => "; did you mean `env_var`?".to_owned(),
                    other => did_you_mean(other, &KNOWN),
                };
                Some(format!("unknown field `{ident}` of `Secret`: expected {known}{suggestion}"))
            }
            Some(ident) if self.values.iter().any(|(known, _)| known == ident) => {
                Some(format!("duplicate field `{ident}`"))
            }
            Some(_) => None,
        };
        if let Some(problem) = problem {
            diagnostics.at(name, problem);
            self.failed = true;
            return;
        }
        if ident.is_some_and(|ident| ident == "mount_requirement")
            && (is_python(value) || string_literal(value).is_some())
        {
            diagnostics.at(value, "write the mount requirement as a bare word: `FILE`, `ENV_VAR` or `ANY`");
            self.failed = true;
            return;
        }
        if ident.is_some_and(|ident| ident == "guard")
            && string_literal(value).is_some_and(|mode| GuardMode::from_name(&mode.value()).is_none())
        {
            diagnostics.at(value, "`guard` is \"off\", \"standard\" or \"strict\"");
            self.failed = true;
            return;
        }
        self.values.extend(ident.map(|ident| (ident.clone(), value.clone())));
    }

    fn take(&mut self, name: &str) -> Option<(Ident, Expr)> {
        let index = self.values.iter().position(|(known, _)| known == name)?;
        Some(self.values.remove(index))
    }

    fn literal(&self, key: &Expr) -> Option<Literal> {
        let key = string_literal(key)?;
        let mut literal = Literal::of_key(key);
        for (name, value) in &self.values {
            if name == "mount_requirement" {
                literal.mount = mount(name, value)?;
                continue;
            }
            if name == "guard" {
                continue;
            }
            let value = string_literal(value)?;
            let text = Some(value.value());
            match name.to_string().as_str() {
                "group" => (literal.group, literal.values.group) = (Some(value), text),
                "group_version" => {
                    (literal.group_version, literal.values.group_version) = (Some(value), text);
                }
                _ => (literal.env_var, literal.values.env_var) = (Some(value), text),
            }
        }
        Some(literal)
    }
}

fn is_secret(function: &Expr) -> bool {
    matches!(function, Expr::Path(path) if path.path.segments.last().is_some_and(|last| last.ident == "Secret"))
}

/// Returns the name of a mount requirement. Any value that is not a single identifier is an expression.
fn mount_name<'a>(field: &Ident, value: &'a Expr) -> Option<&'a Ident> {
    match value {
        Expr::Path(ExprPath { path, .. }) if field == "mount_requirement" => path.get_ident(),
        _ => None,
    }
}

/// Returns the mount requirement, unless it needs evaluation.
fn mount(field: &Ident, value: &Expr) -> Option<MountType> {
    if let Some(name) = mount_name(field, value) {
        return MountType::from_name(&name.to_string());
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
        name => MountType::from_name(name),
    }
}

/// Returns whether this is Python syntax, such as `Secret.MountType.FILE`.
fn is_python(value: &Expr) -> bool {
    matches!(value, Expr::Field(_))
}
