//! Tests of quantities.

use super::{Amount, Resource::*};

#[test]
fn quantities_follow_kubernetes_notation() {
    for (resource, good) in [
        (Cpu, &["2", "0.5", "500m", "0..1", "1..2", "500m..1", "0.5..500m"][..]),
        (Memory, &["2Gi", "512Mi", "1.5G", "100k", "1T", "1Ti", "1Ki", "1048576", "1Gi..2Gi", "1G..1Gi"]),
        (Gpu, &["1", "16", "T4", "T4:1", "A100:8", "A100:1:1g.5gb", "V5E:1:2x2", "RTX_PRO_6000:2"]),
        (Disk, &["10Gi", "1T"]),
    ] {
        assert_eq!(resource.check(resource.example()), Ok(()));
        for quantity in good {
            assert_eq!(resource.check(quantity), Ok(()), "{resource:?} {quantity}");
        }
    }
    for (resource, bad) in [
        (
            Cpu,
            &[
                "", "m", ".5", "5.", "1.2.3", "0.5m", "1Gi", "-1", " 1", "1 ", "1e3", "٣", "2..1", "1..",
                "..", "1...2", "1..2..3", "1..1Gi",
            ][..],
        ),
        (Memory, &["", "Gi", "2gi", "2GB", "500m", "1K", "2 Gi", "2Gi..1Gi", "1Gi..1G", "2Gi\n", "1e3"]),
        (
            Gpu,
            &[
                "",
                "0",
                "00",
                "1.0",
                "1k",
                "-1",
                "1..2",
                "t4",
                "T4:",
                "T4:0",
                "A100:9",
                "A100:1:",
                "A100:1:x:y",
                "A2:2",
                "2:1",
            ],
        ),
        (Disk, &["", "10GiB", "500m", "1Gi..2Gi"]),
    ] {
        for quantity in bad {
            assert!(resource.check(quantity).is_err(), "{resource:?} {quantity:?}");
        }
    }
}

#[test]
fn a_quantity_has_the_rule_that_it_breaks() {
    for (resource, quantity, expected) in [
        (Cpu, "2..1", "does not exceed its limit"),
        (Memory, "2Gi..1Gi", "does not exceed its limit"),
        (Cpu, "0", "more than 0"),
        (Memory, "0Gi..0", "more than 0"),
        (Disk, "0.0001", "more than 0"),
        (Memory, "9223372036854775808", "at most 9223372036854775807"),
        (Disk, "9000000000Gi", "at most 9223372036854775807"),
        (Memory, "2GB", "`memory` is a number with"),
    ] {
        let rule = resource.check(quantity).unwrap_err();
        assert!(rule.contains(expected), "{quantity}: {rule}");
    }
    assert_eq!(Memory.check("9223372036854775807"), Ok(()));
    assert_eq!(Memory.message("1Gi"), None);
}

#[test]
fn a_misspelled_unit_gets_a_suggestion() {
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
        (Gpu, "l40S:2", Some("L40s:2")),
        (Gpu, "A1000", Some("A100:1")),
        (Gpu, "a100:9", None),
    ] {
        assert_eq!(resource.suggest(quantity).as_deref(), expected, "{quantity}");
        let message = resource.message(quantity).unwrap();
        match expected {
            Some(expected) => assert!(message.ends_with(&format!("; did you mean `{expected}`?"))),
            None => assert!(!message.contains("did you mean"), "{message}"),
        }
    }
    assert!(Memory.message(&"9".repeat(10_000)).unwrap().len() < 400);
}

#[test]
fn amounts_have_parts() {
    let whole = Amount { request: "500m", limit: None, accelerator: None, partition: None };
    assert_eq!(Cpu.amount("500m"), whole);
    assert_eq!(Memory.amount("1Gi..2Gi"), Amount { request: "1Gi", limit: Some("2Gi"), ..whole });
    assert_eq!(Gpu.amount("2"), Amount { request: "2", ..whole });
    let of = |amount| {
        let Amount { request, accelerator, partition, .. } = Gpu.amount(amount);
        (request.to_owned(), accelerator.unwrap().device, partition.map(str::to_owned))
    };
    assert_eq!(of("T4"), ("1".to_owned(), "nvidia-tesla-t4", None));
    assert_eq!(of("A100:2:1g.5gb"), ("2".to_owned(), "nvidia-tesla-a100", Some("1g.5gb".to_owned())));
}
