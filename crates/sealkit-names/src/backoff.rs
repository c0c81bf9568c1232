//! How long a failed task waits before its next attempt.

use std::{
    fmt,
    hash::{BuildHasher as _, RandomState},
    time::Duration,
};

/// The delays between the attempts of a task, as in `flyte.Backoff`.
///
/// The delay before retry `n`, counted from 0, is `base * factor^n`, and at most `cap`.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Backoff {
    /// The delay before the first retry.
    pub base: Duration,
    /// The factor by which each delay grows.
    pub factor: f64,
    /// The longest delay.
    pub cap: Option<Duration>,
}

impl Backoff {
    /// The delays of a task that declares none: from a second to a minute.
    pub const DEFAULT: Self = Self::new(Duration::from_secs(1), 2.0, Some(Duration::from_secs(60)));

    /// Creates the delays without checking them.
    pub const fn new(base: Duration, factor: f64, cap: Option<Duration>) -> Self {
        Self { base, factor, cap }
    }

    /// Parses `10s`, a constant delay, or `1s..5m`, a delay that doubles.
    ///
    /// # Errors
    ///
    /// Returns the rule that the text breaks.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        const MALFORMED: &str = "expected a delay such as `10s`, or a range such as `1s..5m`";
        let duration = |text: &str| parse_duration(text.trim()).ok_or(MALFORMED);
        let Some((base, cap)) = text.split_once("..") else {
            return Ok(Self::new(duration(text)?, 1.0, None));
        };
        let (base, cap) = (duration(base)?, duration(cap)?);
        if base.is_zero() {
            return Err("the first delay of a range must not be 0");
        }
        if base > cap {
            return Err("the first delay must not exceed the last");
        }
        Ok(Self::new(base, 2.0, Some(cap)))
    }

    /// Returns the delay before a retry, counted from 0, without jitter.
    pub fn delay(&self, retry: u32) -> Duration {
        let cap = self.cap.unwrap_or(Duration::MAX);
        // Not `powf`: it is the only function that would make programs load the mathematical library.
        let factor = self.factor.powi(retry.try_into().unwrap_or(i32::MAX));
        let seconds = self.base.as_secs_f64() * factor;
        Duration::try_from_secs_f64(seconds).map_or(cap, |delay| delay.min(cap))
    }

    /// Returns the delay with jitter: between half of it and all of it, for a `random` number between 0 and 1.
    pub fn delay_with_jitter(&self, retry: u32, random: f64) -> Duration {
        self.delay(retry).mul_f64(0.5 + 0.5 * random.clamp(0.0, 1.0))
    }

    /// Returns how long a task waits before a retry, counted from 0, after an error that may ask for a longer delay.
    pub fn wait(&self, retry: u32, retry_after: Option<Duration>) -> Duration {
        self.delay_with_jitter(retry, random()).max(retry_after.unwrap_or_default())
    }
}

/// The form that [`Backoff::parse`] accepts; the factor is only shown if it is not 2.
impl fmt::Display for Backoff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.base)?;
        match self.cap {
            Some(cap) if self.factor > 1.0 => write!(f, "..{cap:?}")?,
            _ => return Ok(()),
        }
        let is_double = (self.factor - 2.0).abs() < f64::EPSILON;
        if is_double { Ok(()) } else { write!(f, ", factor {}", self.factor) }
    }
}

/// Parses a duration with a unit, such as `1.5s` or `5m`: `ms`, `s`, `m`, `h` or `d`.
pub fn parse_duration(text: &str) -> Option<Duration> {
    let unit = text.find(|c: char| c.is_ascii_alphabetic())?;
    let (number, unit) = text.split_at(unit);
    let seconds = match unit {
        "ms" => 0.001,
        "s" => 1.0,
        "m" => 60.0,
        "h" => 3_600.0,
        "d" => 86_400.0,
        _ => return None,
    };
    let is_number = number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let number: f64 = number.parse().ok().filter(|_| is_number)?;
    // Rounded to microseconds: a fraction of a decimal number is not exact.
    let microseconds = (number * seconds * 1e6).round();
    Duration::try_from_secs_f64(microseconds / 1e6).ok()
}

/// Returns a random number between 0 and 1. It only spreads retries, and is not meant for secrets.
#[expect(clippy::cast_precision_loss, reason = "32 bits fit into an f64")]
fn random() -> f64 {
    let bits = RandomState::new().hash_one(0_u8) >> 32;
    bits as f64 / f64::from(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(backoff: Backoff) -> Vec<f64> {
        (0..5).map(|retry| backoff.delay(retry).as_secs_f64()).collect()
    }

    #[test]
    fn delays_grow_up_to_the_cap() {
        assert_eq!(seconds(Backoff::parse("1s..5s").unwrap()), [1.0, 2.0, 4.0, 5.0, 5.0]);
        assert_eq!(seconds(Backoff::parse("1.5s").unwrap()), [1.5; 5]);
        assert_eq!(seconds(Backoff { factor: 10.0, ..Backoff::DEFAULT }), [1.0, 10.0, 60.0, 60.0, 60.0]);
        assert_eq!(Backoff::DEFAULT.delay(u32::MAX), Duration::from_secs(60));
    }

    #[test]
    fn jitter_is_between_half_of_the_delay_and_all_of_it() {
        let backoff = Backoff::parse("4s").unwrap();
        let delays = [0.0, 0.5, 1.0, 7.0, -1.0].map(|random| backoff.delay_with_jitter(0, random).as_secs());
        assert_eq!(delays, [2, 3, 4, 4, 2]);
        assert!((0..100).map(|_| random()).all(|number| (0.0..=1.0).contains(&number)));
        assert_ne!(random().to_bits(), random().to_bits());
    }

    #[test]
    fn an_error_can_ask_for_a_longer_delay_and_not_for_a_shorter_one() {
        let backoff = Backoff::parse("4s").unwrap();
        assert_eq!(backoff.wait(0, Some(Duration::from_secs(9))), Duration::from_secs(9));
        assert!(backoff.wait(0, Some(Duration::ZERO)) >= Duration::from_secs(2));
    }

    #[test]
    fn malformed_delays_name_the_rule() {
        for text in ["", "s", "10", "1s..", "..5m", "-1s", "1e3s", "1 fortnight", "1s..2s..3s"] {
            assert!(Backoff::parse(text).unwrap_err().starts_with("expected a delay"), "{text}");
        }
        assert_eq!(Backoff::parse("5m..1s").unwrap_err(), "the first delay must not exceed the last");
        assert_eq!(Backoff::parse("0s..1s").unwrap_err(), "the first delay of a range must not be 0");
        assert_eq!(parse_duration("99999999999999999999d"), None);
        assert_eq!(parse_duration("0.1s"), Some(Duration::from_millis(100)));
    }

    #[test]
    fn a_backoff_is_shown_as_it_is_written() {
        for text in ["10s", "1s..300s"] {
            assert_eq!(Backoff::parse(text).unwrap().to_string(), text);
        }
        assert_eq!(Backoff { factor: 3.0, ..Backoff::DEFAULT }.to_string(), "1s..60s, factor 3");
    }
}
