//! States of parts: processor, memory, drives, slots, cables, the chassis (IPMI 2.0, table 42-3).

use super::{CRITICAL, FINAL, FINE, Row, WARNING};

pub(super) fn table(kind: u8) -> &'static [Row] {
    match kind {
        0x05 => &INTRUSION,
        0x07 => &PROCESSOR,
        0x0C => &MEMORY,
        0x0D => &DRIVE,
        0x19 => &[("soft power control failed", CRITICAL), ("thermal trip", FINAL)],
        0x1B => &[("connected", FINE), ("wrongly connected", CRITICAL)],
        0x21 => &SLOT,
        0x25 => &[("present", FINE), ("absent", FINE), ("disabled", FINE)],
        0x29 => &[("battery low", WARNING), ("battery failed", CRITICAL), ("present", FINE)],
        0x2C => &PART,
        _ => &[],
    }
}

const INTRUSION: [Row; 7] = [
    ("chassis open", WARNING),
    ("drive bay open", WARNING),
    ("card area open", WARNING),
    ("processor area open", WARNING),
    ("network cable pulled", WARNING),
    ("docked without permission", WARNING),
    ("fan area open", WARNING),
];

const PROCESSOR: [Row; 13] = [
    ("internal error", CRITICAL),
    ("thermal trip", FINAL),
    ("self test failed at start (FRB1)", CRITICAL),
    ("hung in the power-on self test (FRB2)", CRITICAL),
    ("did not start (FRB3)", CRITICAL),
    ("configuration error", CRITICAL),
    ("uncorrectable error told by the BIOS", CRITICAL),
    ("present", FINE),
    ("disabled", WARNING),
    ("terminator present", FINE),
    ("throttled", WARNING),
    ("uncorrectable machine check", CRITICAL),
    ("correctable machine check", WARNING),
];

const MEMORY: [Row; 11] = [
    ("correctable error", WARNING),
    ("uncorrectable error", CRITICAL),
    ("parity error", CRITICAL),
    ("scrub failed", CRITICAL),
    ("disabled", WARNING),
    ("limit of logged correctable errors reached", WARNING),
    ("present", FINE),
    ("configuration error", CRITICAL),
    ("spare", FINE),
    ("throttled", WARNING),
    ("too hot", CRITICAL),
];

const DRIVE: [Row; 9] = [
    ("present", FINE),
    ("failed", CRITICAL),
    ("failure predicted", WARNING),
    ("hot spare", FINE),
    ("check in progress", FINE),
    ("in a critical array", CRITICAL),
    ("in a failed array", FINAL),
    ("rebuild in progress", WARNING),
    ("rebuild aborted", CRITICAL),
];

const SLOT: [Row; 10] = [
    ("fault", CRITICAL),
    ("identifying", FINE),
    ("device installed", FINE),
    ("ready for installation", FINE),
    ("ready for removal", FINE),
    ("power off", FINE),
    ("removal requested", FINE),
    ("interlock open", FINE),
    ("disabled", FINE),
    ("holds a spare device", FINE),
];

const PART: [Row; 8] = [
    ("not installed", FINE),
    ("inactive", FINE),
    ("activation requested", FINE),
    ("activation in progress", FINE),
    ("active", FINE),
    ("deactivation requested", FINE),
    ("deactivation in progress", FINE),
    ("communication lost", CRITICAL),
];
