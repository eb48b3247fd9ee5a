use super::*;
use clap::Parser;

#[derive(Parser)]
struct Line {
    #[command(flatten)]
    access: Access,
}

fn access(line: &str) -> Access {
    Line::try_parse_from(std::iter::once("power").chain(line.split_whitespace())).unwrap().access
}

fn nothing(_name: &str) -> Option<String> {
    None
}

#[test]
fn options_become_the_drivers_configuration() {
    let access = access("--suites 3 --timeout 2s --at-once 7 --sockets 2 --privilege administrator");
    let config = access.config(10).unwrap();
    assert_eq!((config.cipher_suites, config.in_flight_max, config.sockets), (vec![3], 7, 2));
    assert_eq!(
        (config.handshake_limit, config.command_limit),
        (Duration::from_secs(2), Duration::from_secs(2))
    );
    assert_eq!(config.power_privilege, Privilege::Administrator);
}

#[test]
fn without_options_the_driver_is_as_patient_as_it_is_by_itself() {
    let (config, usual) = (access("").config(1).unwrap(), IpmiConfig::default());
    assert_eq!((config.handshake_limit, config.command_limit), (usual.handshake_limit, usual.command_limit));
    assert_eq!((config.retransmit, config.cipher_suites), (usual.retransmit, usual.cipher_suites));
    assert_eq!((config.in_flight_max, config.sockets), (usual.in_flight_max, usual.sockets));
}

#[test]
fn every_count_of_hosts_is_a_right_configuration() {
    for hosts in [1, 512, 10_000, 65_536] {
        let config = access("").config(hosts).unwrap();
        assert!(config.sessions_max as usize >= hosts && config.slow_max >= config.in_flight_max, "{hosts}");
    }
}

#[test]
fn a_short_timeout_shortens_what_is_in_it() {
    let config = access("--timeout 200ms").config(1).unwrap();
    assert_eq!(config.retransmit, Duration::from_millis(200));
    let error = access("--suites 17,0").config(1).unwrap_err();
    assert!(error.message().contains("cipher_suites"), "{error}");
}

#[test]
fn names_and_passwords_come_from_options_and_then_from_variables() {
    let set = |name: &str| [USER_VARIABLE, PASSWORD_VARIABLE].contains(&name).then(|| "of-it".to_owned());
    assert_eq!(access("--user me").username(set).unwrap(), "me");
    assert_eq!(access("").username(set).unwrap(), "of-it");
    let error = access("").username(nothing).unwrap_err();
    assert!(error.remedy().is_some_and(|remedy| remedy.contains("--user")), "{error}");

    let error = access("--user seventeen-letters").username(nothing).unwrap_err();
    assert!(error.message().contains("17 bytes"), "{error}");

    let lies = |text: &str| Password::Lies(SecretRef::new(text).unwrap());
    assert_eq!(access("--password-env MINE").password(set).unwrap(), lies("env:MINE"));
    assert_eq!(access("--password-file a/b").password(set).unwrap(), lies("file:a/b"));
    assert_eq!(access("").password(set).unwrap(), lies("env:IPMI_PASSWORD"));
    assert_eq!(access("").password(nothing).unwrap(), Password::Unsaid);
    assert!(access("").kg().unwrap().is_none());
    assert_eq!(access("--kg-env K").kg().unwrap().unwrap().to_string(), "env:K");
}

#[test]
fn a_password_has_one_place() {
    assert!(Line::try_parse_from(["power", "--password-env", "A", "--password-file", "b"]).is_err());
    assert!(Line::try_parse_from(["power", "--password", "secret"]).is_err());
}
