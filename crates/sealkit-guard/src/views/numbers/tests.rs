//! Tests of lists of numbers.

use super::*;
use crate::classes::{Blocks, NO_TOKENS};

fn views(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut visit = |view: View| found.push(String::from_utf8_lossy(&view.bytes).into_owned());
    let all: Vec<u8> = (0..=255).collect();
    let filter = Filter::new([&*all, b"k3Jq-71xT/wQz9vB2m"].into_iter());
    let (text, mut lists) = (text.as_bytes(), Lists::default());
    for (offset, classes) in Blocks::new(text, &NO_TOKENS) {
        lists.add_block(text, offset, classes, true, &filter, &mut visit);
    }
    found
}

#[test]
fn lists_and_dumps_stand_for_their_bytes() {
    let value = "k3Jq-71xT/wQz9vB2m";
    for text in [
        "got [107, 51, 74, 113, 45, 55, 49, 120, 84, 47, 119, 81, 122, 57, 118, 66, 50, 109]!",
        "[\n    107,\n    51,\n    74,\n    113,\n    45,\n    55,\n    49,\n    120,\n    84,\n    47,\n    119,\n    81,\n    122,\n    57,\n    118,\n    66,\n    50,\n    109,\n]",
        "[6b, 33, 4a, 71, 2d, 37, 31, 78, 54, 2f, 77, 51, 7a, 39, 76, 42, 32, 6d]",
        "0x6b, 0x33, 0x4a, 0x71, 0x2d, 0x37, 0x31, 0x78, 0x54, 0x2f, 0x77, 0x51, 0x7a, 0x39, 0x76, 0x42, 0x32, 0x6d",
        "6B-33-4A-71-2D-37-31-78-54-2F-77-51-7A-39-76-42-32-6D",
        "153 063 112 161 055 067 061 170 124 057 167 121 172 071 166 102 062 155",
        "got 6b334a71 2d373178 542f7751 7a397642 326d",
        "got 714a336b 7831372d 51772f54 4276397a 6d32",
        "0x7831372d714a336b, 0x4276397a51772f54, 0x0000000000006d32",
        "00000000: 6b33 4a71 2d37 3178 542f 7751 7a39 7642  k3Jq-71xT/wQz9vB\n00000010: 326d                                     2m\n",
        "00000000  6b 33 4a 71 2d 37 31 78  54 2f 77 51 7a 39 76 42  |k3Jq-71xT/wQz9vB|\n00000010  32 6d                                             |2m|\n00000012\n",
        "0000000 336b 714a 372d 7831 2f54 5177 397a 4276\n0000010 6d32\n0000012\n",
        "01101011 00110011 01001010 01110001 00101101 00110111 00110001 01111000 01010100 00101111 01110111 01010001 01111010 00111001 01110110 01000010 00110010 01101101",
        "[0b01101011, 0b00110011, 0b01001010, 0b01110001, 0b00101101, 0b00110111, 0b00110001, 0b01111000, 0b01010100, 0b00101111, 0b01110111, 0b01010001, 0b01111010, 0b00111001, 0b01110110, 0b01000010, 0b00110010, 0b01101101]",
        "00000000: 01101011 00110011 01001010 01110001 00101101 00110111  k3Jq-7\n00000006: 00110001 01111000 01010100 00101111 01110111 01010001  1xT/wQ\n0000000c: 01111010 00111001 01110110 01000010 00110010 01101101  z9vB2m\n",
        "0000000 13163 29002 14125 30769 12116 20855 14714 17014\n0000020 27954\n0000022\n",
        "0000000  1900688235  2016491309  1366765396  1115044218\n0000020       27954\n0000022\n",
        "0000000  8660764226723918699  4789078451270659924\n0000020                27954\n0000022\n",
        "0000000 031553 070512 033455 074061 027524 050567 034572 041166\n0000020 066462\n0000022\n",
    ] {
        // Numbers beside a list do not hide it: a time, the offset of a dump, a port.
        for text in [
            text.to_owned(),
            format!("{text} 1700000000 12"),
            format!("443 {text}"),
            format!("0xc0ffee00 {text}"),
            format!("{text}: 0000010 "),
            // What comes after the last number is no part of a word.
            format!("{text}."),
            format!("{text}/3"),
        ] {
            let found = views(&text);
            assert!(found.iter().any(|view| view.contains(value)), "{text}: {found:?}");
        }
    }
}

#[test]
fn a_list_between_other_numbers_is_found() {
    let value = "k3Jq-71xT/wQz9vB2m";
    let list: Vec<String> = value.bytes().map(|byte| byte.to_string()).collect();
    let digits: Vec<String> = value.bytes().map(|byte| format!("{byte:02x}")).collect();
    let words: Vec<String> = digits.chunks(4).map(<[String]>::concat).collect();
    for list in [list.join(","), list.join(", "), digits.join("\n"), words.join(",")] {
        for before in 0..60 {
            for other in ["999,", "1234567,", "0x1234567890123456789012,", "999999: ", "x"] {
                let text = format!("{}{list},{}", other.repeat(before), "999,".repeat(40));
                let found = views(&text);
                assert!(found.iter().any(|view| view.contains(value)), "{text}: {found:?}");
            }
        }
    }
}

#[test]
fn the_text_column_of_a_dump_is_no_number() {
    for value in ["db.k3Jq-71xTwQz9vB2m", "a/k3Jq71xTwQz9vB2mLp", "2+k3Jq71xTwQz9vB2mLp"] {
        for (gap, newline) in [("  ", "\n"), ("   ", "\r\n"), (" ", "\n"), ("\t", "\n")] {
            let lines = value.as_bytes().chunks(16).enumerate().map(|(index, line)| {
                let bytes: Vec<String> = line.iter().map(|byte| format!("{byte:02X}")).collect();
                let column = String::from_utf8_lossy(line);
                format!("{index:07x}0{gap}{:47}{gap}{column}{newline}", bytes.join(" "))
            });
            let found = views(&lines.collect::<String>());
            assert!(found.iter().any(|view| view.contains(value)), "{value} {gap:?}: {found:?}");
        }
    }
}

#[test]
fn long_runs_take_linear_time() {
    for part in ["-", " ", "x", "1", "a x", "0x", "12, ", "  |"] {
        views(&part.repeat((1 << 20) / part.len()));
    }
}

#[test]
fn ordinary_text_is_no_list() {
    for text in ["", "2024-01-02T10:11:12 done", "a bad decade, faded", "[1, 2, 3]", "127.0.0.1:8080 and ::1"]
    {
        assert_eq!(views(text), [""; 0], "{text}");
    }
}

#[test]
fn bytes_may_be_printed_with_a_sign() {
    let found = views("[116, -61, -92, 103, 108, 105, 99, 104, 45, 55, -61, -124, 33, 7, 8, 9, 10, 11]");
    assert!(found.iter().any(|view| view.starts_with("t\u{e4}glich-7\u{c4}!")), "{found:?}");
    let found = views("6b-33-4a-71-2d-37-31-78-54-2f-77-51-7a-39-76-42-32-6d");
    assert!(found.iter().any(|view| view.contains("k3Jq-71xT/wQz9vB2m")), "{found:?}");
}
