//! Validation of the argument `schedule`.

use proc_macro2::{Ident, TokenStream};
use quote::{quote, quote_spanned};
use sealkit_names::{quoted_list, rules, schedule};
use syn::{Expr, ExprArray, ExprCall, ExprLit, Lit, LitBool, LitStr, Path, ext::IdentExt as _};

use super::{
    limits::{is_call_of, literal_duration, named},
    model::Input,
    resources::assignment,
};
use crate::{
    diagnostics::Diagnostics,
    syntax::{crate_at, did_you_mean, option, parse_string, string_literal},
};

const EXAMPLE: &str = "schedule = Cron(\"0 9 * * *\", timezone = \"Europe/Berlin\")";

/// The name of a schedule that has none of its own.
const DEFAULT_NAME: &str = "schedule";

/// When a task is started.
pub(super) struct Schedule {
    common: Common,
    automation: Automation,
}

/// The arguments that all schedules have.
struct Common {
    name: Option<LitStr>,
    is_active: bool,
    /// The input that receives the scheduled time.
    time: Option<LitStr>,
}

impl Default for Common {
    fn default() -> Self {
        Self { name: None, is_active: true, time: None }
    }
}

enum Automation {
    Cron { expression: LitStr, timezone: Option<LitStr> },
    Rate { minutes: u32, start: Option<i64> },
}

impl Schedule {
    /// Returns the schedules of `schedule = …` or `schedule = […]`. Those with errors are left out. `inputs` are those of the task.
    pub(super) fn all(value: &Expr, inputs: &[Input], diagnostics: &mut Diagnostics) -> Vec<Self> {
        let values = match value {
            Expr::Array(ExprArray { elems, .. }) => elems.iter().collect(),
            one => vec![one],
        };
        if values.is_empty() {
            diagnostics.at(value, format_args!("expected a schedule: `{EXAMPLE}`"));
        }
        let mut schedules: Vec<Self> = Vec::new();
        for value in values {
            let Some(schedule) = Self::new(value, diagnostics) else { continue };
            let name = |schedule: &Self| {
                schedule.common.name.as_ref().map_or_else(|| DEFAULT_NAME.to_owned(), LitStr::value)
            };
            if schedules.iter().any(|known| name(known) == name(&schedule)) {
                let example = "name = \"nightly\"";
                diagnostics
                    .at(value, format_args!("several schedules need different names: add `{example}`"));
            }
            if let Some(time) = &schedule.common.time
                && !inputs.iter().any(|input| input.name() == time.value())
            {
                let names: Vec<String> = inputs.iter().map(Input::name).collect();
                let names: Vec<&str> = names.iter().map(String::as_str).collect();
                let suggestion = did_you_mean(&time.value(), &names);
                diagnostics.at(time, format_args!("the task has no input `{}`{suggestion}", time.value()));
            }
            schedules.push(schedule);
        }
        schedules
    }

    fn new(value: &Expr, diagnostics: &mut Diagnostics) -> Option<Self> {
        match value {
            Expr::Call(call) if is_call_of(call, "Cron") => Self::cron(call, diagnostics),
            Expr::Call(call) if is_call_of(call, "FixedRate") => Self::rate(call, diagnostics),
            _ => {
                let expected = "`Cron(\"0 9 * * *\")` or `FixedRate(\"15m\")`";
                diagnostics.at(value, format_args!("expected a schedule: {expected}"));
                None
            }
        }
    }

    fn cron(call: &ExprCall, diagnostics: &mut Diagnostics) -> Option<Self> {
        let (first, rest) = arguments(call, "Cron(\"0 9 * * *\")", diagnostics)?;
        let expression = parse_string(first, EXAMPLE, diagnostics)?;
        if let Err(rule) = schedule::check_cron(&expression.value()) {
            diagnostics.at(&expression, format_args!("invalid cron expression: {rule}"));
            return None;
        }
        let mut timezone = None;
        let mut common = Common::default();
        for (argument, value) in rest {
            match argument.to_string().as_str() {
                "timezone" => {
                    let zone = parse_string(value, EXAMPLE, diagnostics)?;
                    if let Err(problem) = schedule::check_time_zone(&zone.value()) {
                        diagnostics.at(zone, problem);
                        return None;
                    }
                    timezone = Some(zone);
                }
                other => common.set(argument, other, value, &["timezone"], diagnostics)?,
            }
        }
        Some(Self { common, automation: Automation::Cron { expression, timezone } })
    }

    fn rate(call: &ExprCall, diagnostics: &mut Diagnostics) -> Option<Self> {
        let (first, rest) = arguments(call, "FixedRate(\"15m\")", diagnostics)?;
        let Some(minutes) = minutes(first) else {
            diagnostics.at(
                first,
                "expected a whole number of minutes, at least 1, or a text such as `15m`, `6h` or `1d`",
            );
            return None;
        };
        let mut start = None;
        let mut common = Common::default();
        for (argument, value) in rest {
            match argument.to_string().as_str() {
                "start" => {
                    let text = parse_string(value, "start = \"2026-01-01T09:00:00Z\"", diagnostics)?;
                    start = schedule::parse_utc(&text.value());
                    if start.is_none() {
                        diagnostics.at(text, "expected a time in UTC: `start = \"2026-01-01T09:00:00Z\"`");
                        return None;
                    }
                }
                other => common.set(argument, other, value, &["start"], diagnostics)?,
            }
        }
        Some(Self { common, automation: Automation::Rate { minutes, start } })
    }

    /// Generates the value.
    pub(super) fn tokens(&self, krate: &Path) -> TokenStream {
        let Common { name, is_active, time } = &self.common;
        let name = name.as_ref().map_or_else(|| quote!(#DEFAULT_NAME), |name| quote!(#name));
        let time = option(time.as_ref());
        let automation = match &self.automation {
            Automation::Cron { expression, timezone } => {
                let timezone = option(timezone.as_ref());
                quote!(#krate::Automation::__cron(#expression, #timezone))
            }
            Automation::Rate { minutes, start } => {
                let start = option(*start);
                quote!(#krate::Automation::__fixed_rate(#minutes, #start))
            }
        };
        quote!(#krate::Schedule::__new(#name, #is_active, #time, #automation))
    }
}

/// Generates the checks that a scheduled task needs no other input than its time. `inputs` are the constants, and where each is declared.
pub(super) fn checks<'i>(
    krate: &Path,
    schedules: &[Schedule],
    inputs: impl Iterator<Item = (Ident, &'i Ident)>,
) -> Vec<TokenStream> {
    let mut checks = Vec::new();
    for (constant, input) in inputs.filter(|_| !schedules.is_empty()) {
        let times = schedules.iter().filter_map(|schedule| schedule.common.time.as_ref());
        let times: Vec<&LitStr> = times.filter(|time| input.unraw() == time.value()).collect();
        if let Some(time) = times.first() {
            let (krate, span) = crate_at(krate, time);
            let message = format!(
                "input `{input}` receives the scheduled time: its type must be a time, such as `SystemTime`"
            );
            checks.push(quote_spanned! {span=>
                const _: () = ::core::assert!(#krate::__private::is_time(&#constant.variable), "{}", #message);
            });
        }
        if times.len() < schedules.len() {
            let (krate, span) = crate_at(krate, input);
            let message =
                format!("a scheduled task has no caller: give input `{input}` a default, `#[default(…)]`");
            checks.push(quote_spanned! {span=>
                const _: () = ::core::assert!(#krate::Variable::is_optional(&#constant.variable), "{}", #message);
            });
        }
    }
    checks
}

/// Returns the first argument, and the others with their names.
fn arguments<'c>(
    call: &'c ExprCall,
    example: &str,
    diagnostics: &mut Diagnostics,
) -> Option<(&'c Expr, Vec<(&'c Ident, &'c Expr)>)> {
    let mut arguments = call.args.iter();
    let first = arguments.next().filter(|first| assignment(first).is_none());
    let Some(first) = first else {
        diagnostics.at(call, format_args!("expected a time as the first argument: `{example}`"));
        return None;
    };
    let mut rest: Vec<(&Ident, &Expr)> = Vec::new();
    for argument in arguments {
        let (name, value) = named(argument, EXAMPLE, diagnostics)?;
        if rest.iter().any(|(known, _)| *known == name) {
            diagnostics.at(name, format_args!("duplicate argument `{name}`"));
            return None;
        }
        rest.push((name, value));
    }
    Some((first, rest))
}

impl Common {
    /// Sets an argument. Returns `None` if it adds an error.
    fn set(
        &mut self,
        argument: &Ident,
        text: &str,
        value: &Expr,
        own: &[&str],
        diagnostics: &mut Diagnostics,
    ) -> Option<()> {
        match text {
            "name" => {
                let literal = parse_string(value, "name = \"nightly\"", diagnostics)?;
                if rules::check_task_name(&literal.value()).is_err() {
                    diagnostics.at(
                        literal,
                        "the name of a schedule is 1 to 255 ASCII letters, digits, `-`, `_` or `.`, and is not `.` or `..`",
                    );
                    return None;
                }
                self.name = Some(literal);
            }
            "active" => match value {
                Expr::Lit(ExprLit { lit: Lit::Bool(LitBool { value, .. }), .. }) => self.is_active = *value,
                other => {
                    diagnostics.at(other, "expected `active = true` or `active = false`");
                    return None;
                }
            },
            "trigger_time_input" => {
                self.time = Some(parse_string(value, "trigger_time_input = \"time\"", diagnostics)?);
            }
            other => {
                let known = [own, &["name", "active", "trigger_time_input"]].concat();
                let suggestion = match other {
                    // The names of the Python SDKs.
                    "kickoff_time_input_arg" | "kickoff_time" | "trigger_time" | "inputs" => {
                        "; did you mean `trigger_time_input`?".to_owned()
                    }
                    other => did_you_mean(other, &known),
                };
                let known = quoted_list(&known, "or");
                diagnostics.at(
                    argument,
                    format_args!("unknown argument `{other}` of a schedule: expected {known}{suggestion}"),
                );
                return None;
            }
        }
        Some(())
    }
}

/// Returns a number of minutes. As in the official SDK, a bare number is in minutes.
fn minutes(value: &Expr) -> Option<u32> {
    let minutes = match value {
        Expr::Lit(ExprLit { lit: Lit::Int(minutes), .. }) => minutes.base10_parse().ok()?,
        value => {
            string_literal(value)?;
            let duration = literal_duration(value).ok()??;
            (duration.subsec_nanos() == 0 && duration.as_secs() % 60 == 0).then_some(())?;
            u32::try_from(duration.as_secs() / 60).ok()?
        }
    };
    (minutes > 0).then_some(minutes)
}
