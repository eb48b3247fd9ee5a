//! Commands: which there are, who may give them, what they do.

mod app;
mod boot;
mod channel;
mod chassis;
mod completion;
mod lan;
mod payload;
mod scene;
mod sdr;
mod sel;
mod sensor;
mod session;
mod sol;
mod user;

pub(crate) use chassis::{make_opposite, make_unclear};
pub(crate) use completion::Completion;
pub(crate) use scene::{After, Caller, Memory, Scene};

use super::privilege::Privilege;
use super::wire::Request;
use app::App;
use boot::Boot;
use channel::Channel;
use chassis::Chassis;
use lan::Lan;
use payload::Payload;
use sdr::Sdr;
use sel::Sel;
use sensor::Sensor;
use session::Session;
use sol::Sol;
use user::User;

/// What a command answers: its data, or why it was refused.
pub(crate) type Reply = Result<Vec<u8>, Completion>;

/// A command that was understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Command {
    App(App),
    Boot(Boot),
    Channel(Channel),
    Chassis(Chassis),
    Lan(Lan),
    Payload(Payload),
    Sdr(Sdr),
    Sel(Sel),
    Sensor(Sensor),
    Session(Session),
    Sol(Sol),
    User(User),
}

/// Who may give a command, and whether it changes anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rights {
    /// Anybody, also outside of a session.
    Anybody,
    Read(Privilege),
    Write(Privilege),
}

impl Command {
    /// Understands a request, or says what is wrong with it.
    pub(crate) fn read(request: &Request) -> Result<Self, Completion> {
        let (code, data) = (request.command, &request.data[..]);
        if request.lun != 0 {
            return Err(Completion::INVALID_FOR_LUN);
        }
        match (request.net_fn, code) {
            (0x00, 0x08 | 0x09) => Boot::read(code, data).map(Self::Boot),
            (0x00, _) => Chassis::read(code, data).map(Self::Chassis),
            (0x04, _) => Sensor::read(code, data).map(Self::Sensor),
            (0x06, 0x38 | 0x40..=0x42 | 0x54 | 0x56) => Channel::read(code, data).map(Self::Channel),
            (0x06, 0x43..=0x47) => User::read(code, data).map(Self::User),
            (0x06, 0x3D) => Session::read(data).map(Self::Session),
            (0x06, 0x48..=0x4B | 0x4E | 0x4F) => Payload::read(code, data).map(Self::Payload),
            (0x06, _) => App::read(code, data).map(Self::App),
            (0x0A, 0x20 | 0x22 | 0x23) => Sdr::read(code, data).map(Self::Sdr),
            (0x0A, 0x40 | 0x42..=0x44 | 0x46..=0x49) => Sel::read(code, data).map(Self::Sel),
            (0x0C, 0x22) => Sol::read(data).map(Self::Sol),
            (0x0C, 0x01 | 0x02) => Lan::read(code, data).map(Self::Lan),
            _ => Err(Completion::INVALID_COMMAND),
        }
    }

    /// Describes it for the log and for fault rules.
    pub(crate) fn text(&self) -> String {
        match self {
            Self::App(command) => command.text(),
            Self::Boot(command) => command.text(),
            Self::Channel(command) => command.text().to_owned(),
            Self::Chassis(command) => command.text(),
            Self::Lan(command) => command.text(),
            Self::Payload(command) => command.text(),
            Self::Sdr(command) => command.text(),
            Self::Sel(command) => command.text(),
            Self::Sensor(command) => command.text(),
            Self::Session(command) => command.text().to_owned(),
            Self::Sol(command) => command.text(),
            Self::User(command) => command.text(),
        }
    }

    /// Says whether it only reads.
    pub(crate) fn reads(&self) -> bool {
        !matches!(self.rights(), Rights::Write(_))
    }

    /// Says whether it reads the machine's power.
    pub(crate) fn is_power_reading(&self) -> bool {
        matches!(self, Self::Chassis(Chassis::Status))
    }

    /// Says whether it switches the machine's power.
    #[cfg(target_os = "linux")]
    pub(crate) fn controls_power(&self) -> bool {
        matches!(self, Self::Chassis(Chassis::Control(_)))
    }

    /// Does it, if the caller may.
    pub(crate) fn run(&self, scene: &mut Scene<'_>) -> Reply {
        scene.may(self.rights())?;
        match self {
            Self::App(command) => command.run(scene),
            Self::Boot(command) => command.run(scene),
            Self::Channel(command) => command.run(scene),
            Self::Chassis(command) => command.run(scene),
            Self::Lan(command) => command.run(scene),
            Self::Payload(command) => command.run(scene),
            Self::Sdr(command) => command.run(scene),
            Self::Sel(command) => command.run(scene),
            Self::Sensor(command) => command.run(scene),
            Self::Session(command) => command.run(scene),
            Self::Sol(command) => command.run(scene),
            Self::User(command) => command.run(scene),
        }
    }

    fn rights(&self) -> Rights {
        match self {
            Self::App(command) => command.rights(),
            Self::Boot(command) => command.rights(),
            Self::Channel(command) => command.rights(),
            Self::Chassis(command) => command.rights(),
            Self::Lan(command) => command.rights(),
            Self::Payload(command) => command.rights(),
            Self::Sdr(command) => command.rights(),
            Self::Sel(command) => command.rights(),
            Self::Sensor(command) => command.rights(),
            Self::Session(command) => command.rights(),
            Self::Sol(command) => command.rights(),
            Self::User(command) => command.rights(),
        }
    }
}

/// Reads data of exactly that many bytes.
fn exactly<const N: usize>(data: &[u8]) -> Result<[u8; N], Completion> {
    data.try_into().map_err(|_| Completion::INVALID_LENGTH)
}
