//! Programs that end the running system.

use super::Call;
use crate::host::files::User;

pub(super) fn reboot(call: &mut Call) -> u8 {
    match call.rest().iter().find(|word| !matches!(word.as_str(), "-f" | "--force" | "--reboot" | "-d")) {
        Some(word) => call.fail(&format!("unrecognized option '{word}'")),
        None => end(call, Then::Boot),
    }
}

pub(super) fn poweroff(call: &mut Call) -> u8 {
    match call
        .rest()
        .iter()
        .find(|word| !matches!(word.as_str(), "-f" | "--force" | "-p" | "--poweroff" | "-d"))
    {
        Some(word) => call.fail(&format!("unrecognized option '{word}'")),
        None => end(call, Then::StayOff),
    }
}

/// Is `shutdown [-r|-h|-P] now`. A later time is not known here.
pub(super) fn shutdown(call: &mut Call) -> u8 {
    let words = call.rest();
    let then = match words.iter().any(|word| matches!(word.as_str(), "-r" | "--reboot")) {
        true => Then::Boot,
        false => Then::StayOff,
    };
    let time = words.iter().find(|word| !word.starts_with('-')).map(String::as_str);
    match time {
        Some("now" | "+0") => end(call, then),
        _ => call.fail("the simulated shutdown knows \"now\" only"),
    }
}

pub(super) fn systemctl(call: &mut Call) -> u8 {
    let words = call.rest();
    let verb = words.iter().find(|word| !word.starts_with('-')).map(String::as_str);
    match verb {
        Some("reboot") => end(call, Then::Boot),
        Some("poweroff" | "halt") => end(call, Then::StayOff),
        Some("is-system-running") => {
            call.print("running\n");
            0
        }
        other => call.fail(&format!("Unknown command verb '{}'.", other.unwrap_or_default())),
    }
}

#[derive(Clone, Copy)]
enum Then {
    Boot,
    StayOff,
}

/// Begins the shutdown. The program returns at once; the connection ends when the system does.
fn end(call: &mut Call, then: Then) -> u8 {
    let (verb, text) = match then {
        Then::Boot => ("Reboot", "reboot"),
        Then::StayOff => ("PowerOff", "poweroff"),
    };
    if call.user != User::ROOT {
        call.host.note_refused(text);
        let line = format!("Call to {verb} failed: Interactive authentication required.\n");
        call.error.extend_from_slice(line.as_bytes());
        return 1;
    }
    match then {
        Then::Boot => call.host.reboot(),
        Then::StayOff => call.host.power_off(),
    }
    0
}
