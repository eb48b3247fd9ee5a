//! The machine's power (IPMI 2.0, chapter 28).

use super::{Completion, Reply, Rights, Scene, exactly};
use crate::bmc::privilege::Privilege;
use crate::model::identify::Identify;
use crate::model::power::{Control, Power};
use crate::model::quirk::Quirk;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Chassis {
    Capabilities,
    Status,
    Control(Control),
    Identify(Lamp),
    /// What happens when mains power comes back; nothing only asks what is possible.
    RestorePolicy(Option<u8>),
    /// How long the machine has had power.
    Hours,
}

/// What becomes of the lamp by which the machine is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lamp {
    Seconds(u8),
    UntilSwitchedOff,
}

/// For how many seconds the lamp is lit when nothing is said.
const IDENTIFY_SECONDS: u8 = 15;
/// How many minutes the counter of power-on hours counts as one.
const MINUTES_PER_COUNT: u8 = 60;

impl Chassis {
    pub(super) fn read(code: u8, data: &[u8]) -> Result<Self, Completion> {
        match code {
            0x00 => exactly(data).map(|[]| Self::Capabilities),
            0x01 => exactly(data).map(|[]| Self::Status),
            0x02 => exactly(data).and_then(|[code]| control(code)).map(Self::Control),
            0x04 => identify(data).map(Self::Identify),
            0x06 => exactly(data).and_then(|[policy]| restore_policy(policy)),
            0x0F => exactly(data).map(|[]| Self::Hours),
            _ => Err(Completion::INVALID_COMMAND),
        }
    }

    pub(super) fn text(&self) -> String {
        match self {
            Self::Capabilities => "get chassis capabilities".to_owned(),
            Self::Status => "get chassis status".to_owned(),
            Self::Control(control) => format!("chassis control: {}", control.text()),
            Self::Identify(Lamp::Seconds(seconds)) => format!("chassis identify: {seconds} seconds"),
            Self::Identify(Lamp::UntilSwitchedOff) => "chassis identify: on".to_owned(),
            Self::Hours => "get power-on hours".to_owned(),
            Self::RestorePolicy(None) => "get restore policies".to_owned(),
            Self::RestorePolicy(Some(policy)) => format!("set restore policy: {}", policy_text(*policy)),
        }
    }

    pub(super) fn rights(&self) -> Rights {
        match self {
            Self::Capabilities | Self::Status | Self::Hours => Rights::Read(Privilege::User),
            Self::RestorePolicy(None) => Rights::Read(Privilege::Operator),
            Self::Control(_) | Self::Identify(_) | Self::RestorePolicy(Some(_)) => {
                Rights::Write(Privilege::Operator)
            }
        }
    }

    pub(super) fn run(&self, scene: &mut Scene<'_>) -> Reply {
        match self {
            // Neither intrusion sensor nor locks; all else is the BMC itself.
            Self::Capabilities => Ok(vec![0x00, 0x20, 0x20, 0x20, 0x20]),
            Self::Status => Ok(status(scene)),
            Self::Control(control) => switch(scene, *control),
            Self::Identify(lamp) => {
                let now = scene.machine.now;
                scene.machine.bmc.identify = match lamp {
                    Lamp::Seconds(seconds) => Identify::lit_for(now, *seconds),
                    Lamp::UntilSwitchedOff => Identify::On,
                };
                Ok(Vec::new())
            }
            Self::Hours => {
                let count = scene.machine.bmc.meter.minutes(scene.machine.now) / u32::from(MINUTES_PER_COUNT);
                Ok([&[MINUTES_PER_COUNT], &count.to_le_bytes()[..]].concat())
            }
            Self::RestorePolicy(policy) => {
                scene.machine.bmc.restore_policy = policy.unwrap_or(scene.machine.bmc.restore_policy);
                // All three are possible.
                Ok(vec![0x07])
            }
        }
    }
}

fn control(code: u8) -> Result<Control, Completion> {
    match code & 0x0F {
        0 => Ok(Control::PowerOff),
        1 => Ok(Control::PowerOn),
        2 => Ok(Control::PowerCycle),
        3 => Ok(Control::HardReset),
        4 => Ok(Control::DiagnosticInterrupt),
        5 => Ok(Control::SoftOff),
        _ => Err(Completion::INVALID_FIELD),
    }
}

/// For how long, and whether until somebody switches it off, may be left out.
fn identify(data: &[u8]) -> Result<Lamp, Completion> {
    match *data {
        [] => Ok(Lamp::Seconds(IDENTIFY_SECONDS)),
        [_, force] if force & 1 == 1 => Ok(Lamp::UntilSwitchedOff),
        [seconds] | [seconds, _] => Ok(Lamp::Seconds(seconds)),
        _ => Err(Completion::INVALID_LENGTH),
    }
}

fn restore_policy(code: u8) -> Result<Chassis, Completion> {
    match code & 0x07 {
        policy @ 0..=2 => Ok(Chassis::RestorePolicy(Some(policy))),
        3 => Ok(Chassis::RestorePolicy(None)),
        _ => Err(Completion::INVALID_FIELD),
    }
}

fn switch(scene: &mut Scene<'_>, control: Control) -> Reply {
    let is_unknown =
        control == Control::PowerCycle && scene.machine.bmc.quirks.has(Quirk::CycleWhenOffUnknown);
    let refusal = if is_unknown { Completion::INVALID_COMMAND } else { Completion::NOT_IN_THIS_STATE };
    scene.machine.control(control).map(|()| Vec::new()).map_err(|_| refusal)
}

fn policy_text(policy: u8) -> &'static str {
    match policy {
        0 => "always off",
        1 => "previous",
        _ => "always on",
    }
}

fn status(scene: &Scene<'_>) -> Vec<u8> {
    let is_on = scene.machine.power_told() == Power::On;
    let power = u8::from(is_on) | (scene.machine.bmc.restore_policy & 0x03) << 5;
    // In two bits: dark, lit for a while, lit.
    let lamp = match scene.machine.bmc.identify {
        Identify::Off => 0,
        Identify::Until(_) => 1,
        Identify::On => 2,
    };
    // Nothing is known of the last power event; identify is supported, and so is its state.
    vec![power, 0x00, 0x40 | lamp << 4]
}

/// Turns a chassis status into one of the opposite power.
pub(crate) fn make_opposite(status: &mut [u8]) {
    const ON: u8 = 0x01;
    if let Some(power) = status.first_mut() {
        *power ^= ON;
    }
}

/// Turns a chassis status into one that says nothing: the power has a fault, and so has its control.
pub(crate) fn make_unclear(status: &mut [u8]) {
    const POWER_FAULT: u8 = 0x08;
    const CONTROL_FAULT: u8 = 0x10;
    if let Some(power) = status.first_mut() {
        *power |= POWER_FAULT | CONTROL_FAULT;
    }
}
