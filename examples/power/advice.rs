//! What the driver says of its settings, in the words of this program's options. Pure.

/// What the driver calls it, and how it is said here.
///
/// A longer text comes before one that is in it. Of `quirks` only `name_and_privilege` is an option here.
const WORDS: [(&str, &str); 15] = [
    (
        "enter under settings.ipmi.username a user whom the BMC has and lets in over the LAN; a BMC that lets nobody \
         in but the user without a name needs null_user under settings.ipmi.quirks, and one that wants padded names \
         padded_name",
        "name with --user a user whom the BMC has and lets in over the LAN",
    ),
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
    ("leave it out of the machine's settings.ipmi.cipher_suites", "leave it out of --suites"),
    ("allow another one in cipher_suites", "allow another one with --suites"),
    ("allow another suite in cipher_suites", "allow another suite with --suites"),
    ("ask for less with power_privilege", "ask for less with --privilege"),
    ("raise power_privilege to administrator", "say --privilege administrator"),
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

    #[test]
    fn a_longer_text_comes_before_one_that_is_in_it() {
        for (place, (theirs, _)) in WORDS.iter().enumerate() {
            let hidden = WORDS[place + 1..].iter().find(|(later, _)| later.contains(theirs));
            assert_eq!(hidden, None, "{theirs}");
        }
    }
}
