//! Resources that a task can request, with quantities in Kubernetes notation.

use crate::{
    accelerator::{self, ACCELERATORS, Accelerator},
    text::escape,
};

/// A resource that a task can request for its pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Resource {
    /// CPU cores.
    Cpu,
    /// Memory.
    Memory,
    /// GPUs and similar devices.
    Gpu,
    /// Ephemeral storage.
    Disk,
}

/// An amount of a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Amount<'a> {
    /// The requested quantity.
    pub request: &'a str,
    /// The limit, if it differs from the request.
    pub limit: Option<&'a str>,
    /// The kind of device, if it is named.
    pub accelerator: Option<Accelerator>,
    /// The partition of the device.
    pub partition: Option<&'a str>,
}

/// Between the request and the limit of an amount.
const RANGE: &str = "..";

/// The largest amount of Kubernetes, in thousandths.
const MAX: u128 = i64::MAX as u128 * 1000;

/// Units of bytes, and how many bytes each is.
const BYTES: [(&str, u128); 8] = [
    ("k", 1000),
    ("M", 1_000_000),
    ("G", 1_000_000_000),
    ("T", 1_000_000_000_000),
    ("Ki", 1 << 10),
    ("Mi", 1 << 20),
    ("Gi", 1 << 30),
    ("Ti", 1 << 40),
];

impl Resource {
    /// All resources.
    pub const ALL: [Self; 4] = [Self::Cpu, Self::Memory, Self::Gpu, Self::Disk];

    /// Returns Flyte's name: `cpu`, `memory`, `gpu` or `disk`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Cpu => "cpu",
            Self::Memory => "memory",
            Self::Gpu => "gpu",
            Self::Disk => "disk",
        }
    }

    /// Returns a typical amount, for messages.
    pub const fn example(self) -> &'static str {
        match self {
            Self::Cpu => "500m",
            Self::Memory => "2Gi",
            Self::Gpu => "1",
            Self::Disk => "10Gi",
        }
    }

    /// Returns whether a bare number is a quantity.
    ///
    /// `memory = 2` would mean two bytes, which is never intended, so memory and disk need a string.
    pub const fn is_counted(self) -> bool {
        matches!(self, Self::Cpu | Self::Gpu)
    }

    /// Checks an amount of this resource: a quantity, for `cpu` and `memory` also a range `REQUEST..LIMIT`, and for `gpu` also
    /// `DEVICE:COUNT` or `DEVICE:COUNT:PARTITION`.
    ///
    /// # Errors
    ///
    /// Returns the rule that the amount breaks.
    pub const fn check(self, amount: &str) -> Result<(), &'static str> {
        let bytes = amount.as_bytes();
        let (request, limit) = match (self, find(bytes, RANGE.as_bytes())) {
            (Self::Gpu, _) => return if is_gpu(bytes) { Ok(()) } else { Err(self.rule()) },
            (Self::Cpu | Self::Memory, Some(at)) => {
                let (request, limit) = bytes.split_at(at);
                (request, limit.split_at(RANGE.len()).1)
            }
            _ => (bytes, bytes),
        };
        match (self.value(request), self.value(limit)) {
            (Some(request), Some(limit)) if request > limit => {
                Err("a range is `REQUEST..LIMIT`, and its request does not exceed its limit")
            }
            (Some(_), Some(0)) => {
                Err("an amount is more than 0; without one, the default of the cluster applies")
            }
            (Some(_), Some(limit)) if limit > MAX => {
                Err("an amount is at most 9223372036854775807, as on Kubernetes")
            }
            (Some(_), Some(_)) => Ok(()),
            _ => Err(self.rule()),
        }
    }

    /// Returns how amounts of this resource are written.
    const fn rule(self) -> &'static str {
        match self {
            Self::Cpu => {
                "`cpu` is a number of cores, or of millicores with `m`, as in `2`, `0.5` or `500m`, or a range, as in `1..2`"
            }
            Self::Memory => {
                "`memory` is a number with `k`, `M`, `G`, `T`, `Ki`, `Mi`, `Gi` or `Ti`, as in `512Mi` or `2Gi`, or a range, as in \
                 `1Gi..2Gi`"
            }
            Self::Gpu => {
                "`gpu` is a whole number, at least `1`, or a device and its number, as in `A100:2`, or with a partition `A100:1:1g.5gb`"
            }
            Self::Disk => {
                "`disk` is a number with `k`, `M`, `G`, `T`, `Ki`, `Mi`, `Gi` or `Ti`, as in `512Mi` or `10Gi`"
            }
        }
    }

    /// Returns the parts of a valid amount.
    pub fn amount(self, amount: &str) -> Amount<'_> {
        let whole = Amount { request: amount, limit: None, accelerator: None, partition: None };
        if let Some((request, limit)) = amount.split_once(RANGE) {
            return Amount { request, limit: Some(limit), ..whole };
        }
        let mut parts = amount.split(':');
        let accelerator = parts.next().and_then(|name| accelerator::find(name.as_bytes()));
        match self {
            Self::Gpu if accelerator.is_some() => {
                Amount { request: parts.next().unwrap_or("1"), accelerator, partition: parts.next(), ..whole }
            }
            _ => whole,
        }
    }

    /// Returns the value of a quantity in thousandths, or `None` if it is not one.
    const fn value(self, quantity: &[u8]) -> Option<u128> {
        let (number, unit) = quantity.split_at(number_length(quantity));
        let Some(thousandths) = thousandths(number) else { return None };
        match self {
            // Kubernetes does not accept fractions of a millicore.
            Self::Cpu if matches!(unit, b"m") && find(number, b".").is_none() => Some(thousandths / 1000),
            Self::Cpu | Self::Memory | Self::Disk if unit.is_empty() => Some(thousandths),
            Self::Memory | Self::Disk => {
                let mut i = 0;
                while i < BYTES.len() {
                    let (name, factor) = BYTES[i];
                    if matches!(find(unit, name.as_bytes()), Some(0)) && unit.len() == name.len() {
                        return thousandths.checked_mul(factor);
                    }
                    i += 1;
                }
                None
            }
            Self::Cpu | Self::Gpu => None,
        }
    }

    /// Returns the error message for an amount that is not valid.
    pub fn message(self, amount: &str) -> Option<String> {
        let rule = self.check(amount).err()?;
        let suggestion = self.suggest(amount).map(|amount| format!("; did you mean `{amount}`?"));
        Some(format!("`{}`: {rule}{}", escape(amount), suggestion.unwrap_or_default()))
    }

    /// Returns the valid spelling of a quantity with a misspelled unit, such as `2Gi` for `2GiB`, or of a misspelled device.
    fn suggest(self, amount: &str) -> Option<String> {
        if self == Self::Gpu {
            let (name, rest) = amount.split_once(':').unwrap_or((amount, "1"));
            let names = || ACCELERATORS.iter().map(|known| known.name);
            let same = || names().find(|known| known.eq_ignore_ascii_case(name));
            let near = same().or_else(|| crate::nearest(name, names()))?;
            return Some(format!("{near}:{rest}")).filter(|amount| self.check(amount).is_ok());
        }
        let (number, unit) = amount.split_at(number_length(amount.as_bytes()));
        let unit = unit.trim().trim_end_matches(['b', 'B']);
        let units: &[&str] = match self {
            Self::Cpu => &["", "m"],
            _ => &BYTES.map(|(name, _)| name),
        };
        let unit = units.iter().find(|known| known.eq_ignore_ascii_case(unit))?;
        Some(format!("{number}{unit}")).filter(|amount| self.check(amount).is_ok())
    }
}

/// Returns whether the text is a number of devices, or names a device, their number and perhaps a partition.
const fn is_gpu(text: &[u8]) -> bool {
    let (name, rest) = split(text);
    if let Some(count) = count(name) {
        return count > 0 && rest.is_empty();
    }
    let Some(accelerator) = accelerator::find(name) else { return false };
    let (number, rest) = split(rest);
    let count = if number.is_empty() { Some(1) } else { count(number) };
    let (partition, rest) = split(rest);
    let has_no_empty_part = text[text.len() - 1] != b':';
    matches!(count, Some(count) if count > 0 && count <= accelerator.max_count)
        && (partition.is_empty() || accelerator::is_partition(partition))
        && rest.is_empty()
        && has_no_empty_part
}

/// Splits a text at its first colon.
const fn split(text: &[u8]) -> (&[u8], &[u8]) {
    match find(text, b":") {
        Some(at) => (text.split_at(at).0, text.split_at(at + 1).1),
        None => (text, &[]),
    }
}

/// Returns the value of a whole number.
const fn count(digits: &[u8]) -> Option<u128> {
    match thousandths(digits) {
        Some(value) if find(digits, b".").is_none() => Some(value / 1000),
        _ => None,
    }
}

/// Returns the length of the number that a quantity begins with.
const fn number_length(quantity: &[u8]) -> usize {
    let mut i = 0;
    while i < quantity.len() && (quantity[i].is_ascii_digit() || quantity[i] == b'.') {
        i += 1;
    }
    i
}

/// Returns the value of a decimal number in thousandths, without what is smaller.
const fn thousandths(number: &[u8]) -> Option<u128> {
    let point = match find(number, b".") {
        Some(point) => point,
        None => number.len(),
    };
    if point == 0 || point + 1 == number.len() || number.len() > 24 {
        return None;
    }
    let (mut value, mut i, mut places) = (0u128, 0, 0);
    while i < number.len() {
        if i != point {
            if !number[i].is_ascii_digit() {
                return None;
            }
            if i < point || places < 3 {
                value = value * 10 + (number[i] - b'0') as u128;
            }
            if i > point {
                places += 1;
            }
        }
        i += 1;
    }
    while places < 3 {
        value *= 10;
        places += 1;
    }
    Some(value)
}

/// Returns where `part` begins in `text`.
const fn find(text: &[u8], part: &[u8]) -> Option<usize> {
    let mut at = 0;
    while at + part.len() <= text.len() {
        let mut i = 0;
        while i < part.len() && text[at + i] == part[i] {
            i += 1;
        }
        if i == part.len() {
            return Some(at);
        }
        at += 1;
    }
    None
}

#[cfg(test)]
mod tests;
