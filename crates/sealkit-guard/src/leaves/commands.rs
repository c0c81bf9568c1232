//! The leaves of commands: the values of options and variables, logins, and what is in quotes.

use super::{Class, Leaves, lines::split_outside_quotes, names, unquote};

/// The commands of shells, Docker and web servers before an assignment.
pub(super) const ASSIGNING: [&str; 8] =
    ["export", "set", "setx", "setenv", "SetEnv", "ENV", "env", "declare -x"];
/// The options before a login.
const LOGIN_OPTIONS: [&str; 4] = ["-u", "--user", "-U", "--proxy-user"];
/// Commands whose logins have a password.
const WITH_LOGIN: [&str; 2] = ["curl", "wget"];
/// Commands and their short option for a password, which may follow without a space.
const PASSWORD_OPTIONS: [(&str, &str); 14] = [
    ("mysql", "-p"),
    ("mysqldump", "-p"),
    ("mysqladmin", "-p"),
    ("mariadb", "-p"),
    ("mongosh", "-p"),
    ("mongodump", "-p"),
    ("docker login", "-p"),
    ("podman login", "-p"),
    ("sshpass", "-p"),
    ("sqlcmd", "-P"),
    ("bcp", "-P"),
    ("redis-cli", "-a"),
    ("ldapsearch", "-w"),
    ("ldapmodify", "-w"),
];
/// The words of SQL and `PowerShell` before a password in quotes, in lower case.
const BEFORE_QUOTES: [&str; 3] = ["password", "by", "convertto-securestring"];
/// How `openssl` marks a password in its `-passin` and `-passout`.
const PASS: &str = "pass:";

impl Leaves {
    /// Adds the leaves of a line that may be a command, and consists of these words.
    pub(super) fn command(&mut self, line: &str, words: &[&str], depth: usize) {
        // Most values are one word.
        if words.len() < 2 {
            return;
        }
        self.options(line, words, depth);
        if line.contains(['"', '\'']) {
            let whole: Vec<&str> =
                split_outside_quotes(line, char::is_whitespace).filter(|word| !word.is_empty()).collect();
            self.options(line, &whole, depth);
            let quoted = whole.iter().filter_map(|word| unquote(word.trim_end_matches(';')));
            for inside in quoted.filter(|_| whole.len() > 1) {
                self.collect(inside, Class::Neutral, depth + 1);
            }
            self.call(line, depth);
        }
    }

    /// Adds the values of `NAME VALUE`, as in configurations, of variables before a command, and of its options: `--password VALUE`,
    /// `-u USER:PASSWORD`.
    fn options(&mut self, line: &str, words: &[&str], depth: usize) {
        let arguments = words.split_first().filter(|(first, _)| ASSIGNING.contains(first));
        let arguments = arguments.map_or(words, |(_, rest)| {
            let flags = rest.iter().take_while(|word| word.starts_with('-')).count();
            &rest[flags..]
        });
        if let [name, value] = *arguments {
            self.secret_value(name, value.trim_end_matches(';'), depth);
        }
        for (name, value) in words.iter().map_while(|word| word.split_once('=')) {
            self.secret_value(name, value, depth);
        }
        let is_command = |command: &str| {
            line.match_indices(command).any(|(at, _)| {
                line[at + command.len()..].starts_with(' ') && (at == 0 || line[..at].ends_with([' ', '/']))
            })
        };
        let password_options: Vec<&str> = PASSWORD_OPTIONS
            .iter()
            .filter(|(command, _)| is_command(command))
            .map(|(_, option)| *option)
            .collect();
        let login =
            if WITH_LOGIN.iter().any(|command| is_command(command)) { Class::Secret } else { Class::Likely };
        for (index, option) in words.iter().enumerate() {
            if let Some(attached) = password_options.iter().find_map(|known| option.strip_prefix(known))
                && !attached.is_empty()
            {
                self.add(attached, Class::Secret, depth);
            }
            let Some(value) = words.get(index + 1) else { return };
            let is_option = option.starts_with('-') && option.len() > 2 && is_name(option);
            if password_options.contains(option) {
                self.add(value, Class::Secret, depth);
            } else if LOGIN_OPTIONS.contains(option) {
                self.login(value, login, depth);
            } else if let Some(password) = value.strip_prefix(PASS).filter(|_| option.starts_with("-pass")) {
                self.add(password, Class::Secret, depth);
            } else if is_option && !value.starts_with('-') {
                self.value(value, names::class(option), depth);
            } else if BEFORE_QUOTES.iter().any(|known| option.eq_ignore_ascii_case(known))
                && let Some(password) = unquote(value.trim_end_matches([';', ')', ',']))
            {
                self.add(password, Class::Secret, depth);
            }
        }
    }

    /// Adds the values of calls such as `define('NAME', 'VALUE')`.
    fn call(&mut self, line: &str, depth: usize) {
        if !line.contains('(') {
            return;
        }
        let arguments: Vec<&str> =
            split_outside_quotes(line, |c| matches!(c, '(' | ',' | ')')).map(str::trim).collect();
        for pair in arguments.windows(2) {
            if let [Some(name), Some(value)] = [pair[0], pair[1]].map(unquote) {
                self.secret_value(name, value, depth);
            }
        }
    }

    /// Adds a value whose name hints at a secret.
    fn secret_value(&mut self, name: &str, value: &str, depth: usize) {
        let class = names::class(name);
        if is_name(name) && class.is_secret() {
            self.value(value, class, depth);
        }
    }

    /// Adds the password of `USER:PASSWORD`, unless the user is a number, or the password is likely only and a word, such as the name of a
    /// group.
    pub(super) fn login(&mut self, value: &str, class: Class, depth: usize) {
        let inside = unquote(value);
        let is_text = inside.is_none() && value.contains(char::is_whitespace);
        let Some((user, password)) = inside.unwrap_or(value).split_once(':') else { return };
        let is_number = !user.is_empty() && user.bytes().all(|byte| byte.is_ascii_digit());
        if !is_number && !is_text {
            // As in HTTP Basic authentication, either part may be empty.
            self.add(if password.is_empty() { user } else { password }, class, depth);
        }
    }
}

fn is_name(word: &str) -> bool {
    word.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte))
}
