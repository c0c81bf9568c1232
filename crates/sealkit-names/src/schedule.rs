//! Schedules: the cron expressions and time zones that the scheduler of Flyte 2 accepts.
//!
//! It reads five fields or a name such as `@daily`, as `robfig/cron` does.

use crate::{escape, nearest};

/// The fields of a cron expression: the name, the bounds, and the names of values.
const FIELDS: [(&str, u32, u32, &[&str]); 5] = [
    ("minute", 0, 59, &[]),
    ("hour", 0, 23, &[]),
    ("day of the month", 1, 31, &[]),
    ("month", 1, 12, &["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]),
    ("day of the week", 0, 6, &["sun", "mon", "tue", "wed", "thu", "fri", "sat"]),
];

/// Names that stand for an expression.
const DESCRIPTORS: [&str; 7] =
    ["@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly"];

/// The longest months.
const DAYS: [u32; 12] = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/// Validates a cron expression.
///
/// # Errors
///
/// Returns the rule that the expression breaks.
pub fn check_cron(expression: &str) -> Result<(), String> {
    if expression.starts_with('@') {
        return match nearest(expression, DESCRIPTORS) {
            Some(name) if name == expression => Ok(()),
            Some(name) => Err(format!("unknown name `{}`; did you mean `{name}`?", escape(expression))),
            None => Err(format!("expected five fields, or one of {}", DESCRIPTORS.join(", "))),
        };
    }
    if expression.contains("TZ=") {
        return Err("a time zone is an argument of its own: timezone = \"Europe/Berlin\"".to_owned());
    }
    let fields: Vec<&str> = expression.split_whitespace().collect();
    if fields.len() != 5 {
        return Err(format!(
            "expected five fields, minute, hour, day of the month, month and day of the week, found {}",
            fields.len()
        ));
    }
    let mut values = Vec::new();
    for (field, (name, min, max, names)) in fields.iter().zip(FIELDS) {
        let found = values_of(field, min, max, names).ok_or_else(|| {
            let names = if names.is_empty() {
                String::new()
            } else {
                format!(", or {} to {}", names[0], names[names.len() - 1])
            };
            format!("`{field}` is not a valid {name}: expected {min} to {max}{names}, a list, a range, a step or `*`")
        })?;
        check_steps(field, name, max - min + 1)?;
        values.push(found);
    }
    // A star with a step is no star for the scheduler.
    let is_any = |field: &str| matches!(field, "*" | "?" | "*/1" | "?/1");
    // A day of the week is an alternative to the day of the month.
    let never = is_any(fields[4])
        && !values[3].iter().any(|month| values[2].iter().any(|day| *day <= DAYS[*month as usize - 1]));
    if never {
        return Err("it never runs: none of its months has this day".to_owned());
    }
    Ok(())
}

/// Checks the steps of a field with `count` values. A larger step has no second value, and does not reach into the next hour or day.
fn check_steps(field: &str, name: &str, count: u32) -> Result<(), String> {
    let step = |part: &str| part.split_once('/')?.1.parse().ok();
    let Some(step) = field.split(',').filter_map(step).find(|step: &u32| *step > count) else {
        return Ok(());
    };
    let rate = match name {
        "minute" => format!("; for an interval, write `FixedRate(\"{step}m\")`"),
        "hour" => format!("; for an interval, write `FixedRate(\"{step}h\")`"),
        _ => String::new(),
    };
    Err(format!("`{field}` is not a valid {name}: the step is {step}, expected 1 to {count}{rate}"))
}

/// Returns the values of a field, or `None` if it is malformed.
fn values_of(field: &str, min: u32, max: u32, names: &[&str]) -> Option<Vec<u32>> {
    let mut values = Vec::new();
    for part in field.split(',') {
        let (range, step) = match part.split_once('/') {
            Some((range, step)) => (range, step.parse().ok().filter(|step| *step > 0)?),
            None => (part, 1),
        };
        let value = |text: &str| value_of(text, min, max, names);
        let (start, end) = match (range, range.split_once('-')) {
            ("*" | "?", _) => (min, max),
            (_, Some((start, end))) => (value(start)?, value(end)?),
            // `5/15` is every 15 from 5.
            (single, None) if part.contains('/') => (value(single)?, max),
            (single, None) => (value(single)?, value(single)?),
        };
        if start > end {
            return None;
        }
        values.extend((start..=end).step_by(step));
    }
    Some(values)
}

fn value_of(text: &str, min: u32, max: u32, names: &[&str]) -> Option<u32> {
    if let Some(index) = names.iter().position(|name| name.eq_ignore_ascii_case(text)) {
        return u32::try_from(index).ok().map(|index| index + min);
    }
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|value| is_number && (min..=max).contains(value))
}

/// The names of the IANA time zone database, version 2025b. The scheduler reads them as they are written here.
const TIME_ZONES: &str = include_str!("time_zones.txt");

/// Validates the name of a time zone, such as `Europe/Berlin` or `UTC`.
///
/// # Errors
///
/// Returns why it is none, with the name that may be meant.
pub fn check_time_zone(name: &str) -> Result<(), String> {
    if TIME_ZONES.lines().any(|known| known == name) {
        return Ok(());
    }
    let expected = nearest(name, TIME_ZONES.lines()).map_or_else(
        || "expected a name such as `Europe/Berlin` or `UTC`".to_owned(),
        |near| format!("did you mean `{near}`?"),
    );
    Err(format!("`{}` is no time zone of the IANA database: {expected}", escape(name)))
}

/// Returns the seconds since 1970 of a time in UTC, such as `2026-01-01T09:00:00Z` or `2026-01-01`.
pub fn parse_utc(text: &str) -> Option<i64> {
    let (date, time) = match text.split_once('T') {
        Some((date, time)) => (date, time.strip_suffix('Z')?),
        None => (text, "00:00:00"),
    };
    let numbers = |text: &str, separator: char| -> Option<[i64; 3]> {
        let parts: Vec<i64> = text
            .split(separator)
            .map(|part| part.parse().ok().filter(|_| part.bytes().all(|byte| byte.is_ascii_digit())))
            .collect::<Option<_>>()?;
        parts.try_into().ok()
    };
    let ([year, month, day], [hour, minute, second]) = (numbers(date, '-')?, numbers(time, ':')?);
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let longest = i64::from(*DAYS.get(usize::try_from(month - 1).ok()?)?) - i64::from(month == 2 && !is_leap);
    if !(1970..=9999).contains(&year)
        || !(1..=longest).contains(&day)
        || hour > 23
        || minute > 59
        || second > 59
    {
        return None;
    }
    // Days since 1970, with years that begin in March.
    let (shifted_year, shifted_month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let leap_days = shifted_year / 4 - shifted_year / 100 + shifted_year / 400;
    let days = 365 * shifted_year + leap_days + (153 * shifted_month + 2) / 5 + day - 1 - 719_468;
    Some(((days * 24 + hour) * 60 + minute) * 60 + second)
}

/// Returns an interval for people, such as `every 15 minutes` and `every 6 hours`.
pub fn display_interval(minutes: u64) -> String {
    let (count, unit) = match minutes {
        minutes if minutes % 1440 == 0 => (minutes / 1440, "day"),
        minutes if minutes % 60 == 0 => (minutes / 60, "hour"),
        minutes => (minutes, "minute"),
    };
    if count == 1 { format!("every {unit}") } else { format!("every {count} {unit}s") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cron_expressions_follow_the_scheduler() {
        for good in [
            "0 9 * * *",
            "*/15 0-6,22 1,15 * mon-fri",
            "0 9 * * 1-5",
            "@daily",
            "5/10 * ? JAN-mar SUN",
            "0 0 29 2 *",
            "0 0 31 2 mon",
            "0 0 31 2 */2",
            "*/60 */24 */31 */12 */7",
            "0  9\t* * *",
        ] {
            assert_eq!(check_cron(good), Ok(()), "{good}");
        }
        for bad in [
            "",
            "* * * *",
            "* * * * * *",
            "60 * * * *",
            "* 24 * * *",
            "* * 0 * *",
            "* * 32 * *",
            "* * * 13 *",
            "* * * * 7",
            "*/0 * * * *",
            "5-1 * * * *",
            "a * * * *",
            "-1 * * * *",
            "1, * * * *",
            "@every 1h",
            "@noon",
            "+1 * * * *",
            "CRON_TZ=UTC 0 9 * * *",
            "0 0 31 2 *",
            "0 0 31 4,6,9,11 *",
            "0 0 30 feb ?",
            "*/61 * * * *",
            "0 8,*/25 * * *",
            "0 0 5/32 * *",
            "0 0 1 */13 *",
            "0 0 * * */8",
        ] {
            assert!(check_cron(bad).is_err(), "{bad}");
        }
        assert_eq!(
            check_cron("*/90 * * * *").unwrap_err(),
            "`*/90` is not a valid minute: the step is 90, expected 1 to 60; for an interval, write `FixedRate(\"90m\")`"
        );
        assert_eq!(check_cron("@dialy").unwrap_err(), "unknown name `@dialy`; did you mean `@daily`?");
        assert!(check_cron("@every 1h").unwrap_err().starts_with("expected five fields, or one of @yearly"));
        assert_eq!(check_cron("0 0 30 2 *").unwrap_err(), "it never runs: none of its months has this day");
    }

    #[test]
    fn time_zones_have_the_names_of_the_database() {
        for good in
            ["UTC", "Europe/Berlin", "America/Argentina/Buenos_Aires", "Etc/GMT+1", "America/Port-au-Prince"]
        {
            assert_eq!(check_time_zone(good), Ok(()));
        }
        for (bad, expected) in [
            ("Europe/Berlni", "did you mean `Europe/Berlin`?"),
            ("europe/berlin", "did you mean `Europe/Berlin`?"),
            ("Local", "expected a name such as `Europe/Berlin` or `UTC`"),
            ("+01:00", "expected a name such as `Europe/Berlin` or `UTC`"),
        ] {
            assert_eq!(
                check_time_zone(bad).unwrap_err(),
                format!("`{bad}` is no time zone of the IANA database: {expected}")
            );
        }
    }

    #[test]
    fn times_are_read_in_utc() {
        // `date -u -d TEXT +%s`.
        for (text, seconds) in [
            ("1970-01-01", 0),
            ("2026-01-01", 1_767_225_600),
            ("2026-03-01T09:30:15Z", 1_772_357_415),
            ("2024-02-29T23:59:59Z", 1_709_251_199),
            ("2100-03-01", 4_107_542_400),
        ] {
            assert_eq!(parse_utc(text), Some(seconds), "{text}");
        }
        for bad in [
            "",
            "2026",
            "2026-13-01",
            "2025-02-29",
            "2026-01-01T24:00:00Z",
            "2026-01-01T09:00:00",
            "2026-01-01T09:00Z",
            "2100-02-29",
        ] {
            assert_eq!(parse_utc(bad), None, "{bad}");
        }
    }
}
