//! How the BMC is reached (IPMI 2.0, sections 23.1 and 23.2).

mod parameter;
mod stage;

use super::{After, Completion, Reply, Rights, Scene, channel, exactly};
use crate::bmc::privilege::Privilege;
pub(super) use parameter::Parameter;
pub(super) use stage::Memory;

/// The version of the parameters.
const REVISION: u8 = 0x11;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Lan {
    /// Only the version of the parameters is asked for.
    Revision,
    Get {
        parameter: u8,
    },
    Set(Parameter),
    /// Begins to collect changes.
    Begin,
    /// Brings them into force, and goes on collecting.
    Commit,
    /// Ends; what was not committed is dropped.
    End,
}

impl Lan {
    pub(super) fn read(code: u8, data: &[u8]) -> Result<Self, Completion> {
        if code == 0x02 {
            return get(exactly(data)?);
        }
        let (&[channel, parameter], data) = data.split_first_chunk().ok_or(Completion::INVALID_LENGTH)?;
        channel::lan(channel)?;
        if parameter == 0 {
            progress(exactly(data)?)
        } else {
            Parameter::read(parameter, data).map(Self::Set)
        }
    }

    pub(super) fn text(&self) -> String {
        match self {
            Self::Revision => "get lan revision".to_owned(),
            Self::Get { parameter } => format!("get lan {parameter}"),
            Self::Set(parameter) => format!("set lan: {}", parameter.text()),
            Self::Begin => "set lan: begin".to_owned(),
            Self::Commit => "set lan: commit".to_owned(),
            Self::End => "set lan: end".to_owned(),
        }
    }

    pub(super) fn rights(&self) -> Rights {
        match self {
            Self::Revision | Self::Get { .. } => Rights::Read(Privilege::Operator),
            _ => Rights::Write(Privilege::Administrator),
        }
    }

    pub(super) fn run(&self, scene: &mut Scene<'_>) -> Reply {
        match self {
            Self::Revision => return Ok(vec![REVISION]),
            Self::Get { parameter } => return read_back(scene, *parameter),
            Self::Set(parameter) => set(scene, parameter)?,
            Self::Begin => begin(scene)?,
            Self::Commit => commit(scene)?,
            Self::End => scene.memory.lan.end(),
        }
        Ok(Vec::new())
    }
}

fn get([channel, parameter, _set, _block]: [u8; 4]) -> Result<Lan, Completion> {
    channel::lan(channel)?;
    if channel & 0x80 != 0 { Ok(Lan::Revision) } else { Ok(Lan::Get { parameter }) }
}

fn progress([progress]: [u8; 1]) -> Result<Lan, Completion> {
    match progress & 0x03 {
        0 => Ok(Lan::End),
        1 => Ok(Lan::Begin),
        2 => Ok(Lan::Commit),
        _ => Err(Completion::INVALID_FIELD),
    }
}

fn read_back(scene: &Scene<'_>, parameter: u8) -> Reply {
    let memory = &scene.memory.lan;
    if parameter == 0 {
        return Ok(vec![REVISION, u8::from(memory.is_collecting())]);
    }
    let settings = memory.collected().cloned().unwrap_or_else(|| memory.in_force(&scene.machine.bmc));
    settings.get(parameter).map(|data| [vec![REVISION], data].concat())
}

fn begin(scene: &mut Scene<'_>) -> Result<(), Completion> {
    let session = scene.caller.ok_or(Completion::INSUFFICIENT_PRIVILEGE)?.session;
    scene.memory.lan.begin(session, &scene.machine.bmc)
}

fn set(scene: &mut Scene<'_>, parameter: &Parameter) -> Result<(), Completion> {
    if let Some(collected) = scene.memory.lan.collected_mut() {
        return collected.set(parameter);
    }
    let mut settings = scene.memory.lan.in_force(&scene.machine.bmc);
    settings.set(parameter)?;
    bring_into_force(scene, settings);
    Ok(())
}

fn commit(scene: &mut Scene<'_>) -> Result<(), Completion> {
    let collected = scene.memory.lan.collected().cloned().ok_or(Completion::NOT_IN_THIS_STATE)?;
    bring_into_force(scene, collected);
    Ok(())
}

fn bring_into_force(scene: &mut Scene<'_>, settings: parameter::Settings) {
    if settings.lan.address != scene.machine.bmc.lan.address {
        scene.after = After::CloseAll;
    }
    scene.memory.lan.keep(settings.extra);
    scene.machine.bmc.lan = settings.lan;
    scene.machine.bmc.login.suite_privileges = settings.suite_privileges;
}
