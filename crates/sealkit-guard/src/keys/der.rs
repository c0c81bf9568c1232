//! Private keys in DER: PKCS#8, PKCS#1, SEC 1 and DSA.

use std::ops::Range;

const INTEGER: u8 = 0x02;
const OCTET_STRING: u8 = 0x04;
const SEQUENCE: u8 = 0x30;

/// An element: its tag, and where its content is.
type Element = (u8, Range<usize>);

/// Returns the ranges of the secret parts of a private key, or `None` if the structure is not known.
pub(super) fn private_key(der: &[u8]) -> Option<Vec<Range<usize>>> {
    let (SEQUENCE, outer) = element(der, 0..der.len())? else { return None };
    let fields = elements(der, outer)?;
    let ranges = |fields: &[Element]| fields.iter().map(|(_, content)| content.clone()).collect();
    match fields.iter().map(|(tag, _)| *tag).collect::<Vec<u8>>()[..] {
        // PKCS#1: version, modulus, public exponent, private exponent, primes, exponents, coefficient.
        [INTEGER, INTEGER, INTEGER, INTEGER, INTEGER, INTEGER, INTEGER, INTEGER, INTEGER, ..] => {
            Some(ranges(&fields[3..9]))
        }
        // DSA: version, p, q, g, y, x.
        [INTEGER, INTEGER, INTEGER, INTEGER, INTEGER, INTEGER] => Some(ranges(&fields[5..])),
        // SEC 1: version, private key, parameters, public key.
        [INTEGER, OCTET_STRING, ..] => Some(ranges(&fields[1..2])),
        // PKCS#8: version, algorithm, private key.
        [INTEGER, SEQUENCE, OCTET_STRING, ..] => {
            let (_, key) = &fields[2];
            let inner = private_key(&der[key.clone()]);
            if let Some(inner) = inner {
                return Some(
                    inner.into_iter().map(|part| key.start + part.start..key.start + part.end).collect(),
                );
            }
            // The private key of Ed25519 is an octet string, that of DSA and DH an integer.
            match element(der, key.clone()) {
                Some((OCTET_STRING | INTEGER, content)) => Some(vec![content]),
                _ => Some(vec![key.clone()]),
            }
        }
        _ => None,
    }
}

/// Returns the elements in a range.
fn elements(der: &[u8], mut range: Range<usize>) -> Option<Vec<Element>> {
    let mut found = Vec::new();
    while !range.is_empty() {
        let (tag, content) = element(der, range.clone())?;
        range.start = content.end;
        found.push((tag, content));
    }
    Some(found)
}

/// Returns the first element in a range.
fn element(der: &[u8], range: Range<usize>) -> Option<Element> {
    let bytes = der.get(range.clone())?;
    let [tag, length, rest @ ..] = bytes else { return None };
    let (length, header) = match *length {
        short @ 0..0x80 => (usize::from(short), 2),
        long => {
            let digits = usize::from(long & 0x7f);
            let digits = rest.get(..digits).filter(|digits| (1..=4).contains(&digits.len()))?;
            let length = digits.iter().fold(0, |length, digit| length << 8 | usize::from(*digit));
            (length, 2 + digits.len())
        }
    };
    let start = range.start + header;
    let end = start.checked_add(length)?;
    (end <= range.end).then_some((*tag, start..end))
}
