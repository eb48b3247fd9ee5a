//! What the BMC is, its restart, and the caller's own session (IPMI 2.0, chapters 20 and 22).

use super::{After, Completion, Reply, Rights, Scene, exactly};
use crate::bmc::privilege::Privilege;
use crate::bmc::wire::Reader;
use crate::model::hardware::Hardware;

/// What the device is: a chassis device with an event log, a sensor repository and sensors (IPMI 2.0, table 20-2, byte 7).
pub(super) const SUPPORT: u8 = 0x87;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum App {
    DeviceId,
    Reset(Reset),
    SelfTest,
    /// The GUID of the device and of the system, which are one here.
    Guid,
    SetPrivilege(u8),
    CloseSession(u32),
}

/// How thorough a restart of the BMC is; here both mean the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reset {
    Cold,
    Warm,
}

impl App {
    pub(super) fn read(code: u8, data: &[u8]) -> Result<Self, Completion> {
        let alone = |command| exactly::<0>(data).map(|[]| command);
        match code {
            0x01 => alone(Self::DeviceId),
            0x02 => alone(Self::Reset(Reset::Cold)),
            0x03 => alone(Self::Reset(Reset::Warm)),
            0x04 => alone(Self::SelfTest),
            0x08 | 0x37 => alone(Self::Guid),
            0x3B => exactly(data).map(|[level]| Self::SetPrivilege(level & 0x0F)),
            0x3C => close(data),
            _ => Err(Completion::INVALID_COMMAND),
        }
    }

    pub(super) fn text(&self) -> String {
        match self {
            Self::DeviceId => "get device id".to_owned(),
            Self::Reset(Reset::Cold) => "bmc reset: cold".to_owned(),
            Self::Reset(Reset::Warm) => "bmc reset: warm".to_owned(),
            Self::SelfTest => "get self test".to_owned(),
            Self::Guid => "get system guid".to_owned(),
            Self::SetPrivilege(level) => format!("set session privilege: {level}"),
            Self::CloseSession(_) => "close session".to_owned(),
        }
    }

    pub(super) fn rights(&self) -> Rights {
        match self {
            Self::Guid => Rights::Anybody,
            Self::Reset(_) => Rights::Write(Privilege::Administrator),
            Self::SetPrivilege(_) | Self::CloseSession(_) => Rights::Read(Privilege::Callback),
            Self::DeviceId | Self::SelfTest => Rights::Read(Privilege::User),
        }
    }

    pub(super) fn run(&self, scene: &mut Scene<'_>) -> Reply {
        match self {
            Self::DeviceId => Ok(device_id(&scene.machine.hardware)),
            Self::Reset(_) => {
                scene.machine.reset_bmc();
                scene.after = After::CloseAll;
                Ok(Vec::new())
            }
            // All tests passed.
            Self::SelfTest => Ok(vec![0x55, 0x00]),
            Self::Guid => Ok(scene.machine.bmc.guid_told().to_vec()),
            Self::SetPrivilege(level) => set_privilege(scene, *level),
            Self::CloseSession(session) => close_session(scene, *session),
        }
    }
}

fn close(data: &[u8]) -> Result<App, Completion> {
    let mut reader = Reader::new(data);
    let session = reader.u32().ok_or(Completion::INVALID_LENGTH)?;
    // A handle follows a session number of zero; handles are not given out here.
    match (session, reader.rest()) {
        (0, [_]) | (1.., []) => Ok(App::CloseSession(session)),
        _ => Err(Completion::INVALID_LENGTH),
    }
}

fn device_id(hardware: &Hardware) -> Vec<u8> {
    let (major, minor) = hardware.bmc_firmware;
    // Device 20h revision 1; firmware in operation, its minor version in BCD; IPMI 2.0.
    let mut data = vec![0x20, 0x01, major & 0x7F, (minor / 10 % 10) << 4 | (minor % 10), 0x02];
    data.push(SUPPORT);
    data.extend(hardware.bmc_manufacturer.to_le_bytes().into_iter().take(3));
    data.extend(hardware.bmc_product.to_le_bytes());
    data.extend([0; 4]);
    data
}

fn set_privilege(scene: &mut Scene<'_>, level: u8) -> Reply {
    let caller = scene.caller.ok_or(Completion::INSUFFICIENT_PRIVILEGE)?;
    if level == 0 {
        return Ok(vec![caller.privilege.code()]);
    }
    let wanted = Privilege::read(level).filter(|level| *level >= Privilege::User);
    let wanted = wanted.ok_or(Completion::INVALID_FIELD)?;
    if wanted > caller.limit {
        return Err(Completion::PRIVILEGE_ABOVE_LIMIT);
    }
    scene.after = After::Privilege(wanted);
    Ok(vec![wanted.code()])
}

/// Everybody ends their own session, an administrator that of others too.
fn close_session(scene: &mut Scene<'_>, session: u32) -> Reply {
    let caller = scene.caller.ok_or(Completion::INSUFFICIENT_PRIVILEGE)?;
    if session != caller.session && caller.privilege < Privilege::Administrator {
        return Err(Completion::INSUFFICIENT_PRIVILEGE);
    }
    if scene.sessions.iter().all(|seen| seen.id != session) {
        return Err(Completion::NO_SUCH_SESSION);
    }
    scene.after = After::Close(session);
    Ok(Vec::new())
}
