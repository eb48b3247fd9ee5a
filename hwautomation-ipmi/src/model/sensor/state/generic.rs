//! States that mean the same for every sensor (IPMI 2.0, table 42-2; section 35.14 for thresholds).

use super::{CRITICAL, FINAL, FINE, Row, WARNING};

/// What an event of a threshold is about.
pub(super) const THRESHOLD_EVENTS: [Row; 12] = [
    ("lower non-critical, going low", WARNING),
    ("lower non-critical, going high", WARNING),
    ("lower critical, going low", CRITICAL),
    ("lower critical, going high", CRITICAL),
    ("lower non-recoverable, going low", FINAL),
    ("lower non-recoverable, going high", FINAL),
    ("upper non-critical, going low", WARNING),
    ("upper non-critical, going high", WARNING),
    ("upper critical, going low", CRITICAL),
    ("upper critical, going high", CRITICAL),
    ("upper non-recoverable, going low", FINAL),
    ("upper non-recoverable, going high", FINAL),
];

/// Which threshold a reading has crossed.
pub(super) const CROSSED: [Row; 6] = [
    ("at or below lower non-critical", WARNING),
    ("at or below lower critical", CRITICAL),
    ("at or below lower non-recoverable", FINAL),
    ("at or above upper non-critical", WARNING),
    ("at or above upper critical", CRITICAL),
    ("at or above upper non-recoverable", FINAL),
];

pub(super) fn table(reading_type: u8) -> &'static [Row] {
    match reading_type {
        0x02 => &[("idle", FINE), ("active", FINE), ("busy", FINE)],
        0x03 => &[("state not asserted", FINE), ("state asserted", FINE)],
        0x04 => &[("no failure predicted", FINE), ("failure predicted", WARNING)],
        0x05 => &[("limit not exceeded", FINE), ("limit exceeded", WARNING)],
        0x06 => &[("performance met", FINE), ("performance lags", WARNING)],
        0x07 => &SEVERITY,
        0x08 => &[("absent", FINE), ("present", FINE)],
        0x09 => &[("disabled", FINE), ("enabled", FINE)],
        0x0A => &AVAILABILITY,
        0x0B => &REDUNDANCY,
        0x0C => &[("D0", FINE), ("D1", FINE), ("D2", FINE), ("D3", FINE)],
        _ => &[],
    }
}

const SEVERITY: [Row; 9] = [
    ("became well", FINE),
    ("became non-critical from well", WARNING),
    ("became critical from less severe", CRITICAL),
    ("became non-recoverable from less severe", FINAL),
    ("became non-critical from more severe", WARNING),
    ("became critical from non-recoverable", CRITICAL),
    ("became non-recoverable", FINAL),
    ("monitored", FINE),
    ("informed", FINE),
];

const AVAILABILITY: [Row; 9] = [
    ("running", FINE),
    ("in test", FINE),
    ("powered off", FINE),
    ("on line", FINE),
    ("off line", FINE),
    ("off duty", FINE),
    ("degraded", WARNING),
    ("saving power", FINE),
    ("installation error", CRITICAL),
];

const REDUNDANCY: [Row; 8] = [
    ("fully redundant", FINE),
    ("redundancy lost", WARNING),
    ("redundancy degraded", WARNING),
    ("not redundant, enough resources, was redundant", WARNING),
    ("not redundant, enough resources, had too few", WARNING),
    ("not redundant, too few resources", CRITICAL),
    ("redundancy degraded from full", WARNING),
    ("redundancy degraded from none", WARNING),
];
