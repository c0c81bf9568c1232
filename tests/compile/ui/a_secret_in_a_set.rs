use std::collections::HashSet;

use sealkit::SecretValue;

fn count(seen: &mut HashSet<SecretValue>, token: SecretValue) -> usize {
    seen.insert(token);
    seen.len()
}

fn main() {}
