//! States of power: supplies, units, sleep states, buttons (IPMI 2.0, table 42-3).

use super::{CRITICAL, EMPTY, FINE, Row, WARNING};

pub(super) fn table(kind: u8) -> &'static [Row] {
    match kind {
        0x08 => &SUPPLY,
        0x09 => &UNIT,
        0x14 => &BUTTON,
        0x22 => &ACPI,
        _ => &[],
    }
}

const SUPPLY: [Row; 8] = [
    ("present", FINE),
    ("failed", CRITICAL),
    ("failure predicted", WARNING),
    ("input lost", CRITICAL),
    ("input lost or out of range", CRITICAL),
    ("input out of range", WARNING),
    ("configuration error", CRITICAL),
    ("inactive", FINE),
];

const UNIT: [Row; 8] = [
    ("power off", FINE),
    ("power cycled", FINE),
    ("240 VA power down", CRITICAL),
    ("interlock power down", CRITICAL),
    ("input lost", CRITICAL),
    ("soft power control failed", CRITICAL),
    ("failed", CRITICAL),
    ("failure predicted", WARNING),
];

const BUTTON: [Row; 5] = [
    ("power button pressed", FINE),
    ("sleep button pressed", FINE),
    ("reset button pressed", FINE),
    ("latch open", FINE),
    ("service requested", FINE),
];

const ACPI: [Row; 15] = [
    ("S0, working", FINE),
    ("S1, sleeping", FINE),
    ("S2, sleeping", FINE),
    ("S3, sleeping", FINE),
    ("S4, suspended to disk", FINE),
    ("S5, soft off", FINE),
    ("S4 or S5, soft off", FINE),
    ("G3, mechanical off", FINE),
    ("S1, S2 or S3, sleeping", FINE),
    ("G1, sleeping", FINE),
    ("S5, by override", FINE),
    ("on", FINE),
    ("off", FINE),
    EMPTY,
    ("unknown", FINE),
];
