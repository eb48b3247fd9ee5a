//! A BMC with sensors of many sorts, in the words of ipmi_sim's emulator.

use crate::support::lab::{Lab, quick};
use crate::support::peer::{IpmiSim, Peer};

/// A sensor that measures, and what its record says of it.
struct Analog {
    name: &'static [u8],
    /// How the name is written: the upper two bits of its first byte.
    encoding: u8,
    kind: u8,
    /// Format and base unit.
    units: [u8; 2],
    /// Linearisation, M, the low byte of B and its upper bits, and both exponents.
    factors: [u8; 5],
    raw: u8,
    has_limits: bool,
}

/// Half degrees.
const CPU: Analog = Analog {
    name: b"CPU1 Temp",
    encoding: 0xC0,
    kind: 0x01,
    units: [0x00, 1],
    factors: [0, 5, 0, 0, 0xF0],
    raw: 84,
    has_limits: true,
};

/// Thousandths of volts, hundreds of turns, both kinds of signed numbers, an offset in tens, a square, a reciprocal,
/// percents, and a formula that is not in its record. What this BMC compares without its sign has no limits.
const ANALOGS: [Analog; 10] = [
    CPU,
    Analog { name: b"12V", kind: 0x02, units: [0, 4], factors: [0, 64, 0, 0, 0xD0], raw: 189, ..CPU },
    Analog { name: b"FAN1", kind: 0x04, units: [0, 18], factors: [0, 75, 0, 0, 0], raw: 100, ..CPU },
    Analog {
        name: b"Inlet",
        units: [0x80, 1],
        factors: [0, 1, 0, 0, 0],
        raw: 0xF6,
        has_limits: false,
        ..CPU
    },
    Analog {
        name: b"Outlet",
        units: [0x40, 1],
        factors: [0, 1, 0, 0, 0],
        raw: 0xF6,
        has_limits: false,
        ..CPU
    },
    Analog { name: b"Ambient", factors: [0, 1, 0xFB, 0xC0, 0x01], raw: 75, ..CPU },
    Analog { name: b"Hot", factors: [0, 1, 0, 0, 0], raw: 246, ..CPU },
    Analog { name: b"Square", kind: 0x0B, units: [0, 6], factors: [8, 2, 0, 0, 0], raw: 9, ..CPU },
    Analog {
        name: b"Reciprocal",
        kind: 0x0B,
        units: [0, 6],
        factors: [7, 1, 0, 0, 0],
        raw: 4,
        has_limits: false,
        ..CPU
    },
    Analog { name: b"Load", kind: 0x0B, units: [0x01, 0], factors: [0, 1, 0, 0, 0], raw: 37, ..CPU },
];

/// "IPMI" in six bits a letter, which neither ipmitool nor ipmi-sensors can read.
const PACKED: Analog = Analog { name: &[0x29, 0xDC, 0xA6], encoding: 0x80, ..CPU };
/// A formula that is not in its record.
const NONLINEAR: Analog = Analog { name: b"Nonlinear", factors: [0x70, 1, 0, 0, 0], ..CPU };

/// Starts a BMC with those sensors, two power supplies of which one has failed, a board without a reading, and
/// three entries in its log.
pub(crate) async fn lab_with_sensors() -> Option<Lab> {
    let mut text: String = (1..).zip(&ANALOGS).map(|(number, analog)| analog.lines(number)).collect();
    text += &supply(0x20, b'1', &[0]);
    text += &supply(0x21, b'2', &[0, 1]);
    text += &record(0x11, b"\x20\x00\x80\x00\x00\x10\x00\x07\x01\x00\xC5Board");
    start(&(text + ENTRIES)).await
}

/// Starts one with sensors that the programs of others cannot read.
pub(crate) async fn lab_with_rare_sensors() -> Option<Lab> {
    start(&(PACKED.lines(1) + &NONLINEAR.lines(2))).await
}

/// CPU1 went over a limit and came back; a maker's own entry. Their times are this BMC's own.
const ENTRIES: &str = "sel_add 0x20 0x02 0 0 0 0 0x20 0x00 0x04 0x01 0x01 0x01 0x59 0xbe 0xb4
sel_add 0x20 0x02 0 0 0 0 0x20 0x00 0x04 0x01 0x01 0x81 0x59 0xaa 0xb4
sel_add 0x20 0xc0 0 0 0 0 0x57 0x01 0x00 0x01 0x02 0x03 0x04 0x05 0x06
";

async fn start(emulator: &str) -> Option<Lab> {
    Some(Lab::around(IpmiSim::start_with(Peer { emulator, ..Peer::default() })?, 1, quick()).await)
}

impl Analog {
    /// Its record, and the sensor itself.
    fn lines(&self, number: u8) -> String {
        let capabilities = if self.has_limits { 0x68 } else { 0x60 };
        let front = [0x20, 0, number, 3, 1, 0x7F, capabilities, self.kind, 0x01];
        let masks = if self.has_limits { [0x95, 0x7A, 0x95, 0x7A, 0x3F, 0x3F] } else { [0; 6] };
        let [function, m, b, b_high, exponents] = self.factors;
        let numbers = [self.units[0], self.units[1], 0, function, m, 0, b, b_high, 0, exponents];
        let limits = [0, 0, 0, 0, 0, 0, 250, 245, 240, 1, 2, 3, 1, 1, 0, 0, 0];
        let name = [&[self.encoding | u8::try_from(self.name.len()).unwrap()], self.name].concat();
        let body = [&front[..], &masks, &numbers, &limits, &name].concat();
        let thresholds = if self.has_limits {
            format!("sensor_set_threshold 0x20 0 {number} settable 111111 250 245 240 1 2 3\n")
        } else {
            String::new()
        };
        let (kind, raw) = (self.kind, self.raw);
        record(0x01, &body)
            + &format!("sensor_add 0x20 0 {number} {kind} 1\n")
            + &thresholds
            + &format!("sensor_set_value 0x20 0 {number} {raw} 0\n")
    }
}

/// A power supply in these states.
fn supply(number: u8, name: u8, states: &[u8]) -> String {
    let front = [0x20, 0, number, 10, 1, 0x67, 0x40, 0x08, 0x6F, 0x0B, 0, 0x0B, 0, 0x0B, 0, 0xC0, 0, 0];
    let body = [&front[..], &[1, 0, 0, 0, 0, 0, 0, 0], &[0xC4, b'P', b'S', b'U', name]].concat();
    let set = |state| format!("sensor_set_bit 0x20 0 {number} {state} 1 0\n");
    let states: String = states.iter().map(set).collect();
    format!("{}sensor_add 0x20 0 {number} 8 0x6f\n{states}", record(0x02, &body))
}

fn record(kind: u8, body: &[u8]) -> String {
    let bytes = [&[0, 0, 0x51, kind, u8::try_from(body.len()).unwrap()], body].concat();
    let text: Vec<String> = bytes.iter().map(|byte| format!("{byte:#04x}")).collect();
    format!("main_sdr_add 0x20 {}\n", text.join(" "))
}
