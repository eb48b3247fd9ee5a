//! Small programs about the system itself.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::wrapper::duration;
use super::{Call, place};
use crate::host::files::User;

/// Waits. A simulated program's own time is real time, like that of every face.
#[expect(clippy::disallowed_methods, reason = "a simulated program sleeps; nothing is retried here")]
pub(crate) async fn pause(time: Duration) {
    tokio::time::sleep(time).await;
}

pub(super) async fn sleep(call: &mut Call) -> u8 {
    let words = call.rest();
    if words.is_empty() {
        return call.fail("missing operand");
    }
    let mut total = Duration::ZERO;
    for word in words {
        match duration(&word) {
            Some(time) => total = total.saturating_add(time),
            None => return call.fail(&format!("invalid time interval '{word}'")),
        }
    }
    pause(total.min(LONGEST)).await;
    0
}

/// How long a program sleeps at most: a day, so that no timer overflows.
const LONGEST: Duration = Duration::from_secs(86_400);

pub(super) fn uname(call: &mut Call) -> u8 {
    let name = call.host.facts().name;
    let all = format!("Linux {name} 6.8.0-31-generic #31-Ubuntu SMP x86_64 GNU/Linux\n");
    let line = match call.rest().first().map(String::as_str) {
        None | Some("-s") => "Linux\n".to_owned(),
        Some("-n") => format!("{name}\n"),
        Some("-r") => "6.8.0-31-generic\n".to_owned(),
        Some("-m" | "-p" | "-i") => "x86_64\n".to_owned(),
        Some("-a") => all,
        Some(other) => return call.fail(&format!("invalid option '{other}'")),
    };
    call.print(&line);
    0
}

pub(super) fn hostname(call: &mut Call) -> u8 {
    let name = call.host.facts().name;
    call.print(&format!("{name}\n"));
    0
}

pub(super) fn id(call: &mut Call) -> u8 {
    let (number, name) = match call.user {
        User::ROOT => (0, "root".to_owned()),
        User(number) => (number, call.host.login().to_owned()),
    };
    let line = match call.rest().first().map(String::as_str) {
        Some("-u") => format!("{number}\n"),
        Some("-un" | "-nu") => format!("{name}\n"),
        _ => format!("uid={number}({name}) gid={number}({name}) groups={number}({name})\n"),
    };
    call.print(&line);
    0
}

pub(super) fn whoami(call: &mut Call) -> u8 {
    let name = match call.user {
        User::ROOT => "root".to_owned(),
        User(_) => call.host.login().to_owned(),
    };
    call.print(&format!("{name}\n"));
    0
}

pub(super) fn date(call: &mut Call) -> u8 {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs());
    match call.rest().first().map(String::as_str) {
        Some("+%s") => call.print(&format!("{seconds}\n")),
        _ => return call.fail("the simulated date knows +%s only"),
    }
    0
}

pub(super) fn which(call: &mut Call) -> u8 {
    let mut status = 0;
    for name in call.rest() {
        match place(&name, &call.host, call.user) {
            Some(place) => call.print(&format!("{place}\n")),
            None => status = 1,
        }
    }
    status
}
