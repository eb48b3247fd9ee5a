//! Faults that were seen in the field, by name.

use super::{Action, Fault, Refusal};
use crate::log::Face;
use std::time::Duration;

/// The status code of a handshake that finds no free session (IPMI 2.0, table 13-15).
const NO_FREE_SESSION: u8 = 0x01;
/// The completion code of a busy controller (IPMI 2.0, table 5-2).
const NODE_BUSY: u8 = 0xC0;

impl Fault {
    /// Returns a BMC that never answers.
    pub fn silent_bmc() -> Self {
        Self::new(Action::Drop).face(Face::Bmc)
    }

    /// Returns a BMC whose answer to the next power command is lost; the command is done.
    pub fn lost_power_answer() -> Self {
        Self::new(Action::LoseAnswer).face(Face::Bmc).command("chassis control").times(1)
    }

    /// Returns a BMC that accepts power commands and does nothing.
    pub fn ignores_power_commands() -> Self {
        Self::new(Action::AcceptWithoutEffect).face(Face::Bmc).command("chassis control")
    }

    /// Returns a BMC that accepts the next so many power commands and does nothing (infra-controller #5355).
    pub fn ignores_next_power_commands(commands: u32) -> Self {
        Self::ignores_power_commands().times(commands)
    }

    /// Returns a BMC whose power shows a command only after a while between these (canonical/maas-ui #5782: "BMC never transitioned").
    pub fn late_power(least: Duration, most: Duration, seed: u64) -> Self {
        let action = Action::LateEffectBetween { least, most };
        Self { seed, ..Self::new(action).face(Face::Bmc).command("chassis control") }
    }

    /// Returns a BMC whose power status is the opposite of the truth now and then (xcat2/xcat-core #3808).
    pub fn flapping_power(permille: u16, seed: u64) -> Self {
        Self::new(Action::OppositePower).face(Face::Bmc).command("get chassis status").chance(permille, seed)
    }

    /// Returns a BMC whose power status says nothing now and then (Launchpad 1730089).
    pub fn unclear_power_at_times(permille: u16, seed: u64) -> Self {
        Self::unclear_power().chance(permille, seed)
    }

    /// Returns a BMC that is busy now and then, whatever command it is given.
    pub fn busy_at_times(permille: u16, seed: u64) -> Self {
        Self::new(Action::Refuse(Refusal::Code(NODE_BUSY))).face(Face::Bmc).chance(permille, seed)
    }

    /// Returns a BMC that does not hear the end of a session now and then: its place stays taken until it is silent for too long.
    pub fn drops_close(permille: u16, seed: u64) -> Self {
        Self::new(Action::Drop).face(Face::Bmc).command("close session").chance(permille, seed)
    }

    /// Returns a network that loses datagrams to the BMC now and then.
    pub fn loses_requests(permille: u16, seed: u64) -> Self {
        Self::new(Action::Drop).face(Face::Bmc).chance(permille, seed)
    }

    /// Returns a network that loses datagrams of the BMC now and then.
    pub fn loses_answers(permille: u16, seed: u64) -> Self {
        Self::new(Action::LoseAnswer).face(Face::Bmc).chance(permille, seed)
    }

    /// Returns a network that changes a byte of an answer now and then.
    pub fn corrupts_answers(permille: u16, seed: u64) -> Self {
        Self::new(Action::Corrupt(0)).face(Face::Bmc).chance(permille, seed)
    }

    /// Returns a BMC that takes between these for each answer.
    pub fn slow_bmc(least: Duration, most: Duration, seed: u64) -> Self {
        Self { seed, ..Self::new(Action::DelayBetween { least, most }).face(Face::Bmc) }
    }

    /// Returns a network in which an answer comes after the next one now and then.
    pub fn reorders_answers(permille: u16, seed: u64) -> Self {
        Self::new(Action::HoldBack).face(Face::Bmc).chance(permille, seed)
    }

    /// Returns a network in which what makes no sense comes before each answer.
    pub fn garbage() -> Self {
        Self::new(Action::Garbage).face(Face::Bmc)
    }

    /// Returns a network in which a datagram of 4 KiB comes before each answer.
    pub fn oversize() -> Self {
        Self::new(Action::Oversize).face(Face::Bmc)
    }

    /// Returns a BMC that answers commands of one session with the number of another now and then.
    pub fn other_session_at_times(permille: u16, seed: u64) -> Self {
        Self::new(Action::OtherSession).face(Face::Bmc).chance(permille, seed)
    }

    /// Returns a BMC that accepts a boot device and forgets it.
    pub fn forgets_boot_device() -> Self {
        Self::new(Action::AcceptWithoutEffect).face(Face::Bmc).command("set boot:")
    }

    /// Returns a BMC that accepts LAN settings and does not store them.
    pub fn forgets_lan_settings() -> Self {
        Self::new(Action::AcceptWithoutEffect).face(Face::Bmc).command("set lan")
    }

    /// Returns a BMC without a free session.
    pub fn bmc_slots_full() -> Self {
        Self::new(Action::Refuse(Refusal::Code(NO_FREE_SESSION))).face(Face::Bmc).command("open session")
    }

    /// Returns a BMC that is busy for the next so many commands.
    pub fn busy_bmc(commands: u32) -> Self {
        Self::new(Action::Refuse(Refusal::Code(NODE_BUSY)))
            .face(Face::Bmc)
            .command("get chassis status")
            .times(commands)
    }

    /// Returns a BMC whose power status says nothing.
    pub fn unclear_power() -> Self {
        Self::new(Action::Unclear).face(Face::Bmc).command("get chassis status")
    }

    /// Returns a BMC that sends every answer twice.
    pub fn repeats_itself() -> Self {
        Self::new(Action::Duplicate).face(Face::Bmc)
    }

    /// Returns firmware that ignores one setting and says nothing.
    pub fn ignores_bios_setting(name: impl Into<String>) -> Self {
        Self::new(Action::IgnoreSetting(name.into())).face(Face::Ssh).command("ChangeBiosCfg")
    }

    /// Returns firmware that stores another value of one setting and says nothing.
    pub fn clamps_bios_setting(name: impl Into<String>) -> Self {
        Self::new(Action::ClampSetting(name.into())).face(Face::Ssh).command("ChangeBiosCfg")
    }

    /// Returns a vendor's tool whose driver is busy for the next so many calls (exit 106).
    pub fn busy_vendor_tool(calls: u32) -> Self {
        let refusal = Refusal::Exit { status: 106, text: "Driver is busy.\n".to_owned() };
        Self::new(Action::Refuse(refusal)).face(Face::Ssh).command("sum ").times(calls)
    }

    /// Returns an environment that shows another host key inside one boot.
    pub fn host_key_changes() -> Self {
        Self::new(Action::ChangeHostKey).face(Face::Ssh).times(1)
    }

    /// Returns a commissioning whose scripts fail.
    pub fn commissioning_fails() -> Self {
        Self::new(Action::FailCommissioning).face(Face::Maas).command("commission").times(1)
    }

    /// Returns a MAAS that refuses the next so many requests with 503.
    pub fn busy_maas(requests: u32) -> Self {
        let body = "The server is busy. Please try again later.".to_owned();
        let refusal = Refusal::Http { status: 503, body, retry_after_secs: Some(1) };
        Self::new(Action::Refuse(refusal)).face(Face::Maas).times(requests)
    }

    /// Returns a MAAS that takes so long for each answer.
    pub fn slow_maas(delay: Duration) -> Self {
        Self::new(Action::Delay(delay)).face(Face::Maas)
    }

    /// Returns a MAAS that commissions, and whose answer is lost.
    pub fn lost_commission_answer() -> Self {
        Self::new(Action::LoseAnswer).face(Face::Maas).command("commission").times(1)
    }
}
