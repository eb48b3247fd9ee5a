//! States of management itself: the log, sessions, security, alerts, versions (IPMI 2.0, table 42-3).

use super::{CRITICAL, FINE, Row, WARNING};

pub(super) fn table(kind: u8) -> &'static [Row] {
    match kind {
        0x06 => &SECURITY,
        0x10 => &LOG,
        0x12 => &SYSTEM,
        0x24 => {
            &[("page sent", FINE), ("LAN alert sent", FINE), ("trap sent", FINE), ("maker's trap sent", FINE)]
        }
        0x27 => &[("link lost", CRITICAL), ("link", FINE)],
        0x28 => &HEALTH,
        0x2A => &SESSION,
        0x2B => &VERSION,
        _ => &[],
    }
}

const SECURITY: [Row; 6] = [
    ("front panel used while locked", WARNING),
    ("wrong user password at start", WARNING),
    ("wrong setup password at start", WARNING),
    ("wrong network boot password at start", WARNING),
    ("wrong password at start", WARNING),
    ("wrong password over the network", WARNING),
];

const LOG: [Row; 7] = [
    ("logging of correctable memory errors disabled", WARNING),
    ("logging of one kind of event disabled", WARNING),
    ("log cleared", FINE),
    ("all logging disabled", WARNING),
    ("log full", WARNING),
    ("log almost full", WARNING),
    ("logging of correctable machine checks disabled", WARNING),
];

const SYSTEM: [Row; 6] = [
    ("reconfigured", FINE),
    ("maker's own boot event", FINE),
    ("undetermined hardware failure", CRITICAL),
    ("entry added to the auxiliary log", FINE),
    ("event filter acted", FINE),
    ("clock set", FINE),
];

const HEALTH: [Row; 6] = [
    ("sensor unavailable or degraded", WARNING),
    ("controller unavailable or degraded", WARNING),
    ("management controller off line", CRITICAL),
    ("management controller unavailable", CRITICAL),
    ("sensor failed", CRITICAL),
    ("part failed", CRITICAL),
];

const SESSION: [Row; 4] = [
    ("session begun", FINE),
    ("session ended", FINE),
    ("wrong user or password", WARNING),
    ("locked after wrong passwords", WARNING),
];

const VERSION: [Row; 8] = [
    ("hardware changed", FINE),
    ("firmware or software changed", FINE),
    ("hardware incompatible", CRITICAL),
    ("firmware or software incompatible", CRITICAL),
    ("hardware version invalid or unsupported", CRITICAL),
    ("firmware or software version invalid or unsupported", CRITICAL),
    ("hardware changed successfully", FINE),
    ("firmware changed successfully", FINE),
];
