//! What the driver says of its settings, in the words of this program's options. Pure.

/// What the driver calls it, and how it is said here.
const WORDS: [(&str, &str); 10] = [
    ("settings.ipmi.username", "--user"),
    ("the secret under credentials.bmc", "the password (--password-env, --password-file)"),
    (
        "enter under settings.ipmi.kg where the BMC's key K_g lies",
        "name where the BMC's key K_g lies with --kg-env or --kg-file",
    ),
    ("the secret under settings.ipmi.kg", "the key K_g (--kg-env, --kg-file)"),
    (
        "list the suites that it may use under settings.ipmi.cipher_suites",
        "name the suites that it may use with --suites",
    ),
    ("allow another one in cipher_suites", "allow another one with --suites"),
    (
        "lower power_privilege or configure_privilege where they allow it",
        "lower --privilege where it allows it",
    ),
    ("lower power_privilege", "lower --privilege"),
    ("raise command_limit_ms", "raise --timeout"),
    ("raise in_flight_max or slow_max", "raise --at-once"),
];

/// Rewrites what the driver says.
pub fn in_options(text: &str) -> String {
    WORDS.iter().fold(text.to_owned(), |text, (theirs, ours)| text.replace(theirs, ours))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_become_options_and_the_rest_stays() {
        let remedy =
            "correct settings.ipmi.username or the secret under credentials.bmc; it is not tried again";
        let ours = "correct --user or the password (--password-env, --password-file); it is not tried again";
        assert_eq!(in_options(remedy), ours);
        assert_eq!(in_options("check the cable"), "check the cable");
    }
}
