//! Boot options: from which device the machine boots next (IPMI 2.0, sections 28.12 and 28.13).

use super::{Completion, Reply, Rights, Scene, exactly};
use crate::bmc::privilege::Privilege;
use crate::model::boot::BootFlags;

/// The version of the parameters.
const VERSION: u8 = 0x01;
const IN_PROGRESS: u8 = 0;
const VALID_BIT_CLEARING: u8 = 3;
const ACKNOWLEDGE: u8 = 4;
const FLAGS: u8 = 5;
/// In the first byte of the flags: they count.
const VALID: u8 = 0x80;
/// In the first byte of the flags: for every boot, not only the next.
const PERSISTENT: u8 = 0x40;
/// In the first byte of the flags: boot as UEFI does.
const UEFI: u8 = 0x20;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Boot {
    Get {
        parameter: u8,
    },
    InProgress(u8),
    ValidBitClearing(u8),
    Acknowledge {
        mask: u8,
        data: u8,
    },
    Flags([u8; 5]),
    /// Marks a parameter as locked or not, which nobody here looks at.
    Mark {
        parameter: u8,
    },
}

/// What the BMC remembers of the parameters besides the flags.
#[derive(Debug, Clone, Default)]
pub(crate) struct Memory {
    /// The session that set "in progress"; when it ends, so does that.
    in_progress: Option<u32>,
    valid_bit_clearing: u8,
    acknowledged: u8,
}

impl Memory {
    /// Ends what a session began that is no longer there.
    pub(super) fn session_ended(&mut self, is_there: impl Fn(u32) -> bool) {
        self.in_progress.take_if(|session| !is_there(*session));
    }
}

impl Boot {
    pub(super) fn read(code: u8, data: &[u8]) -> Result<Self, Completion> {
        if code == 0x09 {
            let [parameter, _set, _block] = exactly(data)?;
            return known(parameter & 0x7F).map(|parameter| Self::Get { parameter });
        }
        let (parameter, data) = data.split_first().ok_or(Completion::INVALID_LENGTH)?;
        match known(parameter & 0x7F)? {
            parameter if data.is_empty() => Ok(Self::Mark { parameter }),
            IN_PROGRESS => exactly(data).and_then(|[progress]| in_progress(progress)),
            VALID_BIT_CLEARING => exactly(data).map(|[mask]| Self::ValidBitClearing(mask & 0x1F)),
            ACKNOWLEDGE => exactly(data).map(|[mask, data]| Self::Acknowledge { mask, data }),
            _ => exactly(data).map(Self::Flags),
        }
    }

    pub(super) fn text(&self) -> String {
        match self {
            Self::Get { parameter } => format!("get boot option {parameter}"),
            Self::InProgress(progress) => format!("set boot option in progress: {progress}"),
            Self::ValidBitClearing(mask) => format!("set boot option valid bit clearing: {mask}"),
            Self::Acknowledge { .. } => "set boot option acknowledge".to_owned(),
            Self::Flags(flags) => format!("set boot: {}", flags_text(*flags)),
            Self::Mark { parameter } => format!("mark boot option {parameter}"),
        }
    }

    pub(super) fn rights(&self) -> Rights {
        match self {
            Self::Get { .. } => Rights::Read(Privilege::Operator),
            _ => Rights::Write(Privilege::Operator),
        }
    }

    pub(super) fn run(&self, scene: &mut Scene<'_>) -> Reply {
        let memory = &mut scene.memory.boot;
        match *self {
            Self::Get { parameter } => return Ok(get(scene, parameter)),
            Self::InProgress(1) if memory.in_progress.is_some() => return Err(Completion::SET_IN_PROGRESS),
            Self::InProgress(1) => memory.in_progress = scene.caller.map(|caller| caller.session),
            Self::InProgress(_) => memory.in_progress = None,
            Self::ValidBitClearing(mask) => memory.valid_bit_clearing = mask,
            Self::Acknowledge { mask, data } => {
                memory.acknowledged = memory.acknowledged & !mask | data & mask
            }
            Self::Flags(flags) => scene.machine.bmc.boot_flags = BootFlags(flags),
            Self::Mark { .. } => {}
        }
        Ok(Vec::new())
    }
}

fn known(parameter: u8) -> Result<u8, Completion> {
    match parameter {
        IN_PROGRESS | VALID_BIT_CLEARING | ACKNOWLEDGE | FLAGS => Ok(parameter),
        _ => Err(Completion::PARAMETER_NOT_SUPPORTED),
    }
}

/// Complete, in progress, or a commit of what was written at once anyway.
fn in_progress(progress: u8) -> Result<Boot, Completion> {
    match progress & 0x03 {
        progress @ 0..=2 => Ok(Boot::InProgress(progress)),
        _ => Err(Completion::INVALID_FIELD),
    }
}

fn get(scene: &Scene<'_>, parameter: u8) -> Vec<u8> {
    let memory = &scene.memory.boot;
    let mut data = vec![VERSION, parameter];
    match parameter {
        IN_PROGRESS => data.push(u8::from(memory.in_progress.is_some())),
        VALID_BIT_CLEARING => data.push(memory.valid_bit_clearing),
        // The write mask reads as zero.
        ACKNOWLEDGE => data.extend([0, memory.acknowledged]),
        _ => data.extend(scene.machine.bmc.boot_flags.0),
    }
    data
}

fn flags_text(flags: [u8; 5]) -> String {
    let [how, device, ..] = flags;
    if how & VALID == 0 || device >> 2 & 0x0F == 0 {
        return "none".to_owned();
    }
    let duration = if how & PERSISTENT == 0 { "once" } else { "persistent" };
    let firmware = if how & UEFI == 0 { "" } else { ", uefi" };
    format!("{} {duration}{firmware}", device_text(device >> 2 & 0x0F))
}

fn device_text(device: u8) -> &'static str {
    match device {
        1 => "pxe",
        2 => "disk",
        3 => "safe disk",
        4 => "diagnostic",
        5 => "cdrom",
        6 => "bios setup",
        7..=9 | 11 => "remote",
        15 => "floppy",
        _ => "reserved",
    }
}
