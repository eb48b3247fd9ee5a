//! The management controller of a machine.

use super::boot::BootFlags;
use super::identify::Identify;
use super::lan::Lan;
use super::login::Login;
use super::quirk::{Quirk, Quirks, Stale};
use super::sel::Sel;
use super::sensor::{Sensor, server_sensors};
use super::users::{USERS, User};
use super::watch::{Meter, Watch};
use serde::{Deserialize, Serialize};

/// Is a machine's management controller.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bmc {
    /// How it is reached.
    pub lan: Lan,
    /// Its users 1 to 10, the first of them at index 0.
    pub users: Vec<User>,
    /// The GUID of the device, in the byte order in which it is sent.
    pub guid: [u8; 16],
    /// What happens when mains power comes back: 0 stay off, 1 as before, 2 on.
    pub restore_policy: u8,
    /// How consoles log in.
    #[serde(default)]
    pub login: Login,
    /// Which boot device is asked for.
    pub boot_flags: BootFlags,
    /// How often it was restarted.
    pub resets: u32,
    /// Its sensors, in the order of their records. The default is [`server_sensors`].
    #[serde(default = "server_sensors")]
    pub sensors: Vec<Sensor>,
    /// How its sensor records are read.
    #[serde(default)]
    pub sdr_reads: SdrReads,
    /// Its event log.
    #[serde(default)]
    pub sel: Sel,
    /// The lamp by which the machine is found.
    #[serde(default)]
    pub identify: Identify,
    /// How long the machine has had power.
    #[serde(default)]
    pub meter: Meter,
    /// What is wrong with its firmware.
    #[serde(default)]
    pub quirks: Quirks,
    #[serde(default)]
    pub(crate) stale: Option<Stale>,
    #[serde(default)]
    pub(crate) watch: Watch,
    /// Until when it says nothing, in milliseconds since 1970.
    pub(crate) silent_until: Option<u64>,
}

/// Says how many bytes of a sensor's record one answer holds, and what is answered to who asks for more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SdrReads {
    /// How many bytes there are at most. The default is 255: the whole record.
    pub bytes_max: u8,
    /// The completion code above that: `C7h`, `CAh` or `FFh` were seen. The default is `CAh`.
    pub refusal: u8,
}

impl Default for SdrReads {
    fn default() -> Self {
        Self { bytes_max: u8::MAX, refusal: 0xCA }
    }
}

impl Bmc {
    pub(crate) fn new(lan: Lan, guid: [u8; 16], user: User) -> Self {
        let mut users = vec![User::default(); usize::from(USERS)];
        users[1] = user;
        Self {
            lan,
            users,
            guid,
            restore_policy: 0,
            login: Login::default(),
            boot_flags: BootFlags::default(),
            resets: 0,
            sensors: server_sensors(),
            sdr_reads: SdrReads::default(),
            sel: Sel::default(),
            identify: Identify::default(),
            meter: Meter::default(),
            quirks: Quirks::default(),
            stale: None,
            watch: Watch::default(),
            silent_until: None,
        }
    }

    /// Returns a user by number, from 1 to [`USERS`].
    pub fn user(&self, number: u8) -> Option<&User> {
        self.users.get(usize::from(number).checked_sub(1)?)
    }

    /// Lends a user by number, from 1 to [`USERS`].
    pub fn user_mut(&mut self, number: u8) -> Option<&mut User> {
        self.users.get_mut(usize::from(number).checked_sub(1)?)
    }

    /// Returns the GUID that the handshake of a session tells.
    pub(crate) fn guid_of_handshake(&self) -> [u8; 16] {
        if self.quirks.has(Quirk::ZeroGuid) { [0; 16] } else { self.guid }
    }

    /// Returns the GUID that is told to who asks for it.
    pub(crate) fn guid_told(&self) -> [u8; 16] {
        let mut guid = self.guid_of_handshake();
        if self.quirks.has(Quirk::ChangesGuid) {
            guid[15] ^= 0xFF;
        }
        guid
    }

    /// Returns a sensor by number.
    pub fn sensor(&self, number: u8) -> Option<&Sensor> {
        self.sensors.iter().find(|sensor| sensor.number == number)
    }

    /// Lends a sensor by name.
    pub fn sensor_named(&mut self, name: &str) -> Option<&mut Sensor> {
        self.sensors.iter_mut().find(|sensor| sensor.name == name)
    }

    /// Says whether it answers; after a restart it does not for a while.
    pub const fn answers(&self) -> bool {
        self.silent_until.is_none()
    }
}
