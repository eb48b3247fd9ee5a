//! States of what runs: firmware, watchdogs, interrupts, the start and end of operating systems (IPMI 2.0,
//! table 42-3).

use super::{CRITICAL, EMPTY, FINAL, FINE, Row, WARNING};

pub(super) fn table(kind: u8) -> &'static [Row] {
    match kind {
        0x0F => &[("error", CRITICAL), ("hung", CRITICAL), ("progress", FINE)],
        0x11 => &WATCHDOG_OLD,
        0x13 => &INTERRUPT,
        0x1D => &START,
        0x1E => &BOOT_ERROR,
        0x1F => &BOOTED,
        0x20 => &STOP,
        0x23 => &WATCHDOG,
        _ => &[],
    }
}

const WATCHDOG_OLD: [Row; 8] = [
    ("BIOS watchdog reset", CRITICAL),
    ("operating system watchdog reset", CRITICAL),
    ("operating system watchdog shut down", CRITICAL),
    ("operating system watchdog powered down", CRITICAL),
    ("operating system watchdog power cycled", CRITICAL),
    ("operating system watchdog interrupt", CRITICAL),
    ("operating system watchdog expired", WARNING),
    ("operating system watchdog about to expire", WARNING),
];

const INTERRUPT: [Row; 12] = [
    ("non-maskable interrupt from the front panel", CRITICAL),
    ("bus timeout", CRITICAL),
    ("I/O channel check", CRITICAL),
    ("non-maskable interrupt by software", CRITICAL),
    ("PCI parity error", CRITICAL),
    ("PCI system error", CRITICAL),
    ("EISA fail-safe timeout", CRITICAL),
    ("correctable bus error", WARNING),
    ("uncorrectable bus error", CRITICAL),
    ("fatal non-maskable interrupt", FINAL),
    ("fatal bus error", FINAL),
    ("bus degraded", WARNING),
];

const START: [Row; 8] = [
    ("started by power-up", FINE),
    ("started by hard reset", FINE),
    ("started by warm reset", FINE),
    ("network boot requested by the user", FINE),
    ("automatic boot to diagnostics", FINE),
    ("hard reset by software", FINE),
    ("warm reset by software", FINE),
    ("system restart", FINE),
];

const BOOT_ERROR: [Row; 5] = [
    ("no bootable medium", CRITICAL),
    ("diskette in the drive is not bootable", CRITICAL),
    ("network boot server not found", CRITICAL),
    ("invalid boot sector", CRITICAL),
    ("nobody chose what to boot", WARNING),
];

const BOOTED: [Row; 11] = [
    ("booted from A:", FINE),
    ("booted from C:", FINE),
    ("booted from the network", FINE),
    ("booted diagnostics", FINE),
    ("booted from CD", FINE),
    ("booted from ROM", FINE),
    ("booted", FINE),
    ("installation started", FINE),
    ("installation completed", FINE),
    ("installation aborted", CRITICAL),
    ("installation failed", CRITICAL),
];

const STOP: [Row; 6] = [
    ("stopped by an error while loading", CRITICAL),
    ("stopped by an error while running", CRITICAL),
    ("stopped gracefully", FINE),
    ("shut down gracefully", FINE),
    ("soft shutdown by the platform's event filter", WARNING),
    ("agent does not answer", WARNING),
];

const WATCHDOG: [Row; 9] = [
    ("timer expired", WARNING),
    ("timer expired, reset", CRITICAL),
    ("timer expired, powered down", CRITICAL),
    ("timer expired, power cycled", CRITICAL),
    EMPTY,
    EMPTY,
    EMPTY,
    EMPTY,
    ("timer interrupt", WARNING),
];
