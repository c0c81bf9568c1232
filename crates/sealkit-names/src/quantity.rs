//! Resources that a task can request, with quantities in Kubernetes notation.

use crate::text::escape;

/// A resource that a task can request for its pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Resource {
    /// CPU cores.
    Cpu,
    /// Memory.
    Memory,
    /// GPUs.
    Gpu,
    /// Ephemeral storage.
    Disk,
}

const BYTES: [&str; 8] = ["k", "M", "G", "T", "Ki", "Mi", "Gi", "Ti"];

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

    /// Returns a typical quantity, for messages.
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

    /// Returns whether `quantity` is valid for this resource.
    pub fn accepts(self, quantity: &str) -> bool {
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        let decimal = |text: &str| match text.split_once('.') {
            Some((whole, fraction)) => digits(whole) && digits(fraction),
            None => digits(text),
        };
        let (number, unit) = split(quantity);
        match self {
            // Kubernetes does not accept fractions of a millicore.
            Self::Cpu if unit == "m" => digits(number),
            Self::Cpu => decimal(number) && unit.is_empty(),
            Self::Gpu => digits(number) && unit.is_empty() && number.bytes().any(|b| b != b'0'),
            Self::Memory | Self::Disk => decimal(number) && (unit.is_empty() || BYTES.contains(&unit)),
        }
    }

    /// Returns the error message for a quantity that is not valid.
    pub fn message(self, quantity: &str) -> String {
        let rule = match self {
            Self::Cpu => "`cpu` is a number of cores, or of millicores with `m`, as in `2`, `0.5` or `500m`",
            Self::Memory => {
                "`memory` is a number with `k`, `M`, `G`, `T`, `Ki`, `Mi`, `Gi` or `Ti`, as in `512Mi` or `2Gi`"
            }
            Self::Gpu => "`gpu` is a whole number, at least `1`",
            Self::Disk => {
                "`disk` is a number with `k`, `M`, `G`, `T`, `Ki`, `Mi`, `Gi` or `Ti`, as in `512Mi` or `10Gi`"
            }
        };
        let suggestion = self.suggest(quantity).map(|quantity| format!("; did you mean `{quantity}`?"));
        format!("`{}`: {rule}{}", escape(quantity), suggestion.unwrap_or_default())
    }

    /// Returns the valid spelling of a quantity with a misspelled unit, such as `2Gi` for `2GiB`.
    fn suggest(self, quantity: &str) -> Option<String> {
        let (number, unit) = split(quantity);
        let unit = unit.trim().trim_end_matches(['b', 'B']);
        let units: &[&str] = match self {
            Self::Cpu => &["", "m"],
            Self::Gpu => &[""],
            Self::Memory | Self::Disk => &BYTES,
        };
        let unit = units.iter().find(|known| known.eq_ignore_ascii_case(unit))?;
        Some(format!("{number}{unit}")).filter(|quantity| self.accepts(quantity))
    }
}

/// Splits a quantity into its number and its unit.
fn split(quantity: &str) -> (&str, &str) {
    let end = quantity.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(quantity.len());
    quantity.split_at(end)
}

#[cfg(test)]
mod tests {
    use super::Resource::*;

    #[test]
    fn quantities_follow_kubernetes_notation() {
        for (resource, good) in [
            (Cpu, &["2", "0.5", "500m", "0"][..]),
            (Memory, &["2Gi", "512Mi", "1.5G", "100k", "1T", "1Ti", "1Ki", "1048576"]),
            (Gpu, &["1", "16"]),
            (Disk, &["10Gi", "1T"]),
        ] {
            assert!(resource.accepts(resource.example()));
            for quantity in good {
                assert!(resource.accepts(quantity), "{resource:?} {quantity}");
            }
        }
        for (resource, bad) in [
            (Cpu, &["", "m", ".5", "5.", "1.2.3", "0.5m", "1Gi", "-1", " 1", "1 ", "1e3", "٣"][..]),
            (Memory, &["", "Gi", "2gi", "2GB", "500m", "1K", "2 Gi", "1..5Gi", "2Gi\n", "1e3"]),
            (Gpu, &["", "0", "00", "1.0", "T4:1", "1k", "-1"]),
            (Disk, &["", "10GiB", "500m"]),
        ] {
            for quantity in bad {
                assert!(!resource.accepts(quantity), "{resource:?} {quantity:?}");
            }
        }
    }

    #[test]
    fn a_misspelled_unit_gets_a_suggestion() {
        assert_eq!(Gpu.message("T4:1"), "`T4:1`: `gpu` is a whole number, at least `1`");
        for (resource, quantity, expected) in [
            (Memory, "2GB", Some("2G")),
            (Memory, "2GiB", Some("2Gi")),
            (Memory, "2 gi", Some("2Gi")),
            (Memory, "1K", Some("1k")),
            (Memory, "500m", Some("500M")),
            (Disk, "10gb", Some("10G")),
            (Cpu, "500M", Some("500m")),
            (Cpu, "2 ", Some("2")),
            (Cpu, "0.5m", None),
            (Cpu, "2Gi", None),
            (Memory, "much", None),
            (Gpu, "0", None),
        ] {
            assert_eq!(resource.suggest(quantity).as_deref(), expected, "{quantity}");
            let message = resource.message(quantity);
            match expected {
                Some(expected) => assert!(message.ends_with(&format!("; did you mean `{expected}`?"))),
                None => assert!(!message.contains("did you mean"), "{message}"),
            }
        }
        assert!(Memory.message(&"9".repeat(10_000)).len() < 400);
    }
}
