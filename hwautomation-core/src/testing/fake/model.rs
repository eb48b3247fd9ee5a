//! One machine as it truly is.

use super::health;
use crate::bios::{SettingName, SettingValue, Settings};
use crate::plugin::{
    BmcUser, BootLasting, BootSetting, CommissionRun, CommissionState, HardwareSummary, KeepReachable,
    LanAddressSource, LanSettings, LogEvent, PowerAction, PowerState, Privilege, Sensor,
};
use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr};

/// Holds what is true of one machine, whatever its drivers say.
#[derive(Debug, Clone, PartialEq)]
pub struct FakeMachine {
    /// Whether it has power.
    pub on: bool,
    /// How often it booted.
    pub boots: u64,
    /// How many non-maskable interrupts it got.
    pub interrupts: u64,
    /// What it booted from the last time.
    pub booted_from: BootSetting,
    /// What it will boot from.
    pub boot: BootSetting,
    /// The BMC's network; elsewhere nobody answers.
    pub lan: LanSettings,
    /// The BMC's users.
    pub users: Vec<BmcUser>,
    /// The passwords of the BMC's users, by their number.
    pub passwords: BTreeMap<u8, String>,
    /// The sensors.
    pub sensors: Vec<Sensor>,
    /// The event log, the oldest entry first. [`log_event`](Self::log_event) adds to it.
    pub events: Vec<LogEvent>,
    /// The BIOS settings in force.
    pub bios: Settings,
    /// The BIOS settings that wait for the next boot.
    pub staged: Settings,
    /// BIOS settings that refuse to be staged.
    pub read_only: BTreeSet<SettingName>,
    /// BIOS settings that can be staged and still stay as they are at a boot.
    pub stubborn: BTreeSet<SettingName>,
    /// Where it stands with the commissioning service.
    pub state: CommissionState,
    /// The newest commissioning.
    pub run: Option<CommissionRun>,
    /// Whether the commissioning that goes on, or else the next one, ends in `Failed`.
    pub commissioning_fails: bool,
    /// Its tags.
    pub tags: BTreeSet<String>,
    /// What the commissioning service finds in it.
    pub hardware: HardwareSummary,
    /// Where the commissioning service reaches its BMC; at a wrong address it commands nobody. Unspecified: it has
    /// another way.
    pub power_address: IpAddr,
    /// Where its running host answers, if the host lets us in.
    pub host: Option<IpAddr>,
    /// Its host key: a new one after every boot, as with an ephemeral image.
    pub host_key: u64,
    /// How many commands and file transfers the host took.
    pub host_calls: u64,
    /// The host's files.
    pub files: BTreeMap<String, Vec<u8>>,
    /// How many log-ins were refused.
    pub refused_logins: u64,
    /// How many entries the event log ever had.
    pub(super) events_logged: u64,
    /// Whether the event log was full when an entry came.
    pub(super) log_overflowed: bool,
    /// A power command that is not yet through, and how many more readings do not show it.
    pub(super) in_flight: Option<(PowerAction, u32)>,
    /// The commissioning that goes on.
    pub(super) commissioning: Option<Commissioning>,
    /// The state to which a rescue mode or an abort returns.
    pub(super) state_before: CommissionState,
    /// The address its host gets when it gets one.
    pub(super) host_address: IpAddr,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Commissioning {
    pub(super) polls_left: u32,
    pub(super) keep_reachable: KeepReachable,
}

impl FakeMachine {
    /// Makes the machine of this number: off, new, with an administrator in its BMC.
    pub(super) fn new(number: u16, password: String) -> Self {
        Self {
            on: false,
            boots: 0,
            interrupts: 0,
            booted_from: BootSetting::Unchanged,
            boot: BootSetting::Unchanged,
            lan: lan(number),
            users: vec![administrator()],
            passwords: BTreeMap::from([(ADMINISTRATOR, password)]),
            sensors: health::sensors(),
            events: Vec::new(),
            bios: bios(),
            staged: Settings::new(),
            read_only: BTreeSet::from([SettingName::from_static("SystemSerial")]),
            stubborn: BTreeSet::new(),
            state: CommissionState::New,
            run: None,
            commissioning_fails: false,
            tags: BTreeSet::new(),
            hardware: hardware(number),
            power_address: lan(number).address.into(),
            host: None,
            host_key: u64::from(number) << 32,
            host_calls: 0,
            files: BTreeMap::new(),
            refused_logins: 0,
            events_logged: 0,
            log_overflowed: false,
            in_flight: None,
            commissioning: None,
            state_before: CommissionState::New,
            host_address: numbered(Ipv4Addr::new(198, 51, 100, 0), Ipv4Addr::new(198, 19, 0, 0), number)
                .into(),
        }
    }

    /// Returns the power state.
    #[must_use]
    pub fn power(&self) -> PowerState {
        if self.on { PowerState::On } else { PowerState::Off }
    }

    /// Tells whether the BMC lets this user in with this password.
    #[must_use]
    pub fn logs_in(&self, name: &str, password: &str) -> bool {
        let user = self.users.iter().find(|user| user.enabled && user.name == name);
        user.is_some_and(|user| self.passwords.get(&user.id).is_some_and(|known| known == password))
    }

    /// Boots: staged BIOS settings come into force, a boot device for one boot is used up, the host gets a new
    /// key.
    pub(super) fn restart(&mut self) {
        self.on = true;
        self.boots += 1;
        self.host_key += 1;
        self.booted_from = self.boot;
        if matches!(self.boot, BootSetting::Override(request) if request.lasting == BootLasting::Once) {
            self.boot = BootSetting::Unchanged;
        }
        let staged = std::mem::take(&mut self.staged);
        self.bios.extend(staged.into_iter().filter(|(name, _)| !self.stubborn.contains(name)));
    }

    /// Lets a power command take effect.
    pub(super) fn power_to(&mut self, action: PowerAction) {
        match action {
            PowerAction::On if self.on => {}
            PowerAction::GracefulOff | PowerAction::ForcedOff => self.on = false,
            PowerAction::Nmi => self.interrupts += 1,
            action if action.boots() => self.restart(),
            _ => {}
        }
    }

    /// Tells whether the host answers at this address.
    pub(super) fn host_answers_at(&self, address: IpAddr) -> bool {
        self.on && self.host == Some(address)
    }
}

/// The number of the administrator's account.
pub(super) const ADMINISTRATOR: u8 = 2;

fn administrator() -> BmcUser {
    BmcUser {
        id: ADMINISTRATOR,
        name: "admin".to_owned(),
        privilege: Privilege::Administrator,
        enabled: true,
    }
}

fn lan(number: u16) -> LanSettings {
    LanSettings {
        source: LanAddressSource::Static,
        address: numbered(Ipv4Addr::new(192, 0, 2, 0), Ipv4Addr::new(198, 18, 0, 0), number),
        subnet_mask: Ipv4Addr::new(255, 255, 255, 0),
        gateway: Some(Ipv4Addr::new(192, 0, 2, 254)),
        vlan: None,
    }
}

/// Counts through a documentation network (RFC 5737), and beyond it through one for benchmarks (RFC 2544).
fn numbered(small: Ipv4Addr, large: Ipv4Addr, number: u16) -> Ipv4Addr {
    let base = if number < 250 { small } else { large };
    Ipv4Addr::from_bits(base.to_bits() + u32::from(number))
}

fn bios() -> Settings {
    let settings: [(&'static str, SettingValue); 5] = [
        ("BootMode", "Legacy".into()),
        ("HyperThreading", true.into()),
        ("NumaNodes", 1.into()),
        ("SerialConsole", "Off".into()),
        ("SystemSerial", "FAKE".into()),
    ];
    settings.into_iter().map(|(name, value)| (SettingName::from_static(name), value)).collect()
}

fn hardware(number: u16) -> HardwareSummary {
    HardwareSummary {
        vendor: Some("Fake".to_owned()),
        product: Some("a1.c5.large".to_owned()),
        serial: Some(format!("FAKE{number:05}")),
        cpu_count: Some(64),
        memory_mib: Some(262_144),
    }
}
