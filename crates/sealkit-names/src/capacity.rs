//! How large a secret can be in a pod.

use crate::variables::MAX_LENGTH;

/// Returns the maximum size of the value of the environment variable `name`.
pub const fn of_variable(name: &str) -> usize {
    // `NAME=VALUE` and a zero byte.
    MAX_LENGTH.saturating_sub(name.len() + 2)
}

/// Returns the maximum size of the secret file `key` on a cluster, if it is the only secret file of its task.
///
/// All secret files of a task are in one variable of an init container, `SECRETS`. It has a line `KEY=BASE64` for each file
/// (`pluginmachinery/secret/embedded_secret_manager.go`). A container with a longer variable never starts.
pub const fn of_file(key: &str) -> usize {
    let line = of_variable("SECRETS").saturating_sub(key.len() + 2);
    line / 4 * 3
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variable_ends_with_a_zero_byte() {
        assert_eq!(of_variable("A") + "A=\0".len(), 131_072);
        assert_eq!(of_variable(&"A".repeat(MAX_LENGTH)), 0);
    }

    #[test]
    fn a_file_grows_by_a_third_in_base64() {
        let line = |size: usize| "SECRETS=key=\n\0".len() + size.div_ceil(3) * 4;
        assert!(line(of_file("key")) <= MAX_LENGTH && line(of_file("key") + 1) > MAX_LENGTH);
        // Sizes that a cluster was seen to accept and to refuse.
        assert!((98_280..98_300).contains(&of_file("my_secret")));
        assert_eq!(of_file(&"k".repeat(MAX_LENGTH)), 0);
    }
}
