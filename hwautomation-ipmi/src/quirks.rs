//! What hardware differs in: each defect with where it was seen, what this driver does about it, and the preset of
//! the simulator (`hwautomation_sim::Quirk`) that reproduces it. "FreeIPMI" is its list of bugs and workarounds, with
//! the name of the workaround.
//!
//! # What is done for everybody, and needs no question
//!
//! | defect | seen on | what is done | preset |
//! |---|---|---|---|
//! | Keys are made with the privilege of Open Session in the place of RAKP message 1's (FreeIPMI, `opensesspriv`) | Sun X4150, Supermicro X8DTG and X8DTH, Intel S5500WBV, Dell Xanadu II, ipmi_sim | both name the same one, never "the highest" | `HashesOpenPrivilege` |
//! | The checksum of a message in a session is wrong (FreeIPMI, `nochecksumcheck`) | Supermicro X9 | it is not looked at: the packet's code protects the message | `WrongChecksum` |
//! | A message that comes again under its number is not answered again (FreeIPMI) | Intel SR870BN4 | each copy of what may be sent twice has a number of its own, and an answer to any of them counts | `IgnoresRepetition` |
//! | RAKP message 2 is one byte too long (FreeIPMI, `supermicro20`) | Supermicro H8QME | what follows the code is not looked at | `LongProof` |
//! | Get Channel Authentication Capabilities says that nobody may log in, or knows nothing of IPMI 2.0 (FreeIPMI, `authcap`) | Asus P5M2, Sun X4150, Intel SR1520ML | it is asked for a sign of life only, and not believed | `HidesUsers`, `HidesVersionTwo` |
//! | A suite that is not listed can be used, and one that is listed cannot | Supermicro X8DTG; ipmitool #363 | the list chooses what is asked for first, and Open Session decides | `TakesSuitesNotOffered`, `CannotDoSuiteSeventeen` |
//! | Suite 3 is answered, whatever was asked for | virtualbmc (pyghmi) | no name is said in it; suite 3 is asked for where it is allowed, and a better one did not work before | `AnswersSuiteThree` |
//! | RAKP message 3 without message 1 ends the BMC, also one that gives up | virtualbmc (pyghmi) | what was opened with another suite than asked for is left to the BMC, which forgets it after a minute | none |
//! | The GUID is zero, or another in a session than in its log-in | no board is named | the log-in computes with the one it is told, and it identifies nobody | `ZeroGuid`, `ChangesGuid` |
//! | A power cycle of a machine that is off switches it on | no board is named | it is Ok: the machine boots, as was asked for | `CycleWhenOffSwitchesOn` |
//! | For a while after a command, the power is told as it was before (Launchpad 2147514) | no board is named | no reading is kept: a caller asks until it is so, since *accepted* is not *reached*; and see [`STALE_MAX`] | `StaleReading` |
//! | The size of a console's packets is impossible, or its bytes are in the wrong order (FreeIPMI, `solpayloadsize`) | Asus P5M2, Supermicro X9 | packets are small, see [`console_characters`] | none |
//! | The port of a console has its bytes in the wrong order (FreeIPMI, `solport`) | Asus P5M2, Sun X4100 | it is taken for 623, see [`is_console_port`] | none |
//! | A boot device is dropped 60 s after it was set (section 28.13) | every BMC | parameter 3 is written before the boot flags | none |
//! | The address is read-only while its source is DHCP | Dell | the source is written first | none |
//!
//! # What nobody can do anything about
//!
//! | defect | seen on | what is said | preset |
//! |---|---|---|---|
//! | A session that ends keeps its place until the BMC restarts (openbmc #1241) | OpenBMC | one session serves many calls; when all places are gone, the error is `Busy` and says that a restart of the BMC frees them | `LeaksSessions` |
//! | The numbers of a console's packets are not begun anew: the first that is typed is taken for a repetition when the console before ended with the same number | ipmi_sim | nothing tells: it is accepted, and lost | none |
//! | A packet of a console that the network doubles is taken twice when another one came in between | ipmi_sim | each is sent again only when its receipt is late, and no next one before it was told | none |
//! | A console that was ended by another session is not told | ipmi_sim | a question now and then finds it out where the BMC can say who has the console; elsewhere what is typed is not accepted, and the console ends with that | none |
//! | A pause that a console asks for never ends | ipmi_sim | its reader must keep up: a pause is asked for when 64 KiB wait to be read | none |
//! | A restart of the BMC restarts the host, or switches it on (open-power/op-build #474) | OpenPOWER | nothing on the wire tells such a BMC: `cold_reset` is for machines that may restart | `ResetBootsHost` |

use crate::error::Completion;
use crate::model::manufacturer;
use crate::model::payload::Terms;
use crate::wire::{Role, role_by_name};
use serde::Deserialize;
use std::time::Duration;

/// How many characters a packet of a console has where the BMC says nothing that can be true.
const CONSOLE_CHARACTERS: usize = 32;

/// Returns how many characters a packet of a console may have, as the BMC said or as any takes.
pub(crate) fn console_characters(terms: &Terms) -> usize {
    terms.characters_max().unwrap_or(CONSOLE_CHARACTERS)
}

/// The port of RMCP.
pub(crate) const RMCP_PORT: u16 = 623;

/// Tells whether a console's packets go where its session is: to the port of RMCP, in either order of its bytes, or to
/// the one that this BMC is reached at. Zero is none at all.
pub(crate) fn is_console_port(said: u16, reached_at: u16) -> bool {
    [0, RMCP_PORT, RMCP_PORT.swap_bytes(), reached_at].contains(&said)
}

/// Names what a machine's entry says about its BMC under `settings.ipmi.quirks`, since it cannot be found out: each
/// wrong guess would be a failed log-in, and BMCs lock accounts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Quirk {
    /// Only the user without a name gets in (FreeIPMI knows boards without any other). The name that is said is
    /// empty, and `username` must be left out. Preset `NullUserOnly`.
    NullUser,
    /// Users are found by their name together with the privilege that is asked for (IPMI 2.0, table 13-11), and no
    /// other way; also for a BMC that has a name twice. FreeIPMI: Intel SE7520AF2. Preset `ForgetsNameOnly`.
    NameAndPrivilege,
    /// The name must come padded with zeros to 16 bytes, which table 13-11 forbids (FreeIPMI, `intel20`: Intel
    /// SE7520AF2). The proof that follows has it bare, see [`Proof::Bare`]. Preset `ForgetsNameOnly`.
    PaddedName,
}

/// Holds those of one machine.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(from = "Vec<Quirk>")]
pub(crate) struct Quirks(u8);

impl From<Vec<Quirk>> for Quirks {
    fn from(listed: Vec<Quirk>) -> Self {
        Self(listed.into_iter().fold(0, |bits, quirk| bits | bit(quirk)))
    }
}

fn bit(quirk: Quirk) -> u8 {
    1 << quirk as u8
}

/// How long a user's name may be, and is where it is padded (IPMI 2.0, table 13-11).
pub(crate) const USERNAME_BYTES_MAX: usize = 16;

impl Quirks {
    pub(crate) fn has(self, quirk: Quirk) -> bool {
        self.0 & bit(quirk) != 0
    }

    /// Returns the role as RAKP message 1 says it: who, with how much privilege, and how to look them up.
    pub(crate) fn role(self, username: &str, privilege: u8) -> Role {
        let by_both = self.has(Quirk::NameAndPrivilege);
        let width = if self.has(Quirk::PaddedName) { USERNAME_BYTES_MAX } else { 0 };
        Role {
            byte: if by_both { privilege } else { role_by_name(privilege) },
            username: format!("{username:\0<width$}"),
        }
    }

    /// Returns what a first log-in proves.
    pub(crate) fn proof(self) -> Proof {
        if self.has(Quirk::PaddedName) { Proof::Bare } else { Proof::AsSaid }
    }
}

/// Says which role the code of RAKP message 3 is made of.
///
/// Intel SE7520AF2 (FreeIPMI, `intel20`) forgets by then that the user was to be found by the name alone, and that the
/// name was padded; for the keys of the session it knows both. It is found out: by RAKP message 2 both sides know the same password, so a BMC that refuses the
/// proof is given the other one, and what it took is remembered. That is no try more than a log-in has that lost its
/// way ([`LOST_EACH_OTHER_MAX`]). Preset `ForgetsNameOnly`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Proof {
    /// As RAKP message 1 said it: the specification's.
    AsSaid,
    /// Without the bit for "by the name alone", and without padding.
    Bare,
}

/// The bits of the role byte that hold the privilege.
const PRIVILEGE: u8 = 0x0F;

impl Proof {
    /// Returns that role.
    pub(crate) fn role(self, said: Role) -> Role {
        match self {
            Self::AsSaid => said,
            Self::Bare => Role {
                byte: said.byte & PRIVILEGE,
                username: said.username.trim_end_matches('\0').to_owned(),
            },
        }
    }

    pub(crate) fn other(self) -> Self {
        match self {
            Self::AsSaid => Self::Bare,
            Self::Bare => Self::AsSaid,
        }
    }
}

/// Tells whether this status of Open Session may mean "not this cipher suite". BMCs mislead: Intel M50CYP says 01h
/// (no resources), Supermicro X8DTG 0Ah (unauthorized role), MSI 12h (illegal parameter) where 11h is meant. The next
/// suite that is allowed is asked for once. Presets `RefusesSuitesWith` and `CannotDoSuiteSeventeen`.
pub(crate) fn may_mean_another_suite(status: u8) -> bool {
    matches!(status, 0x01 | 0x04..=0x07 | 0x09 | 0x0A | 0x10..=0x12)
}

/// Tells whether this status of RAKP message 1 may mean "not this privilege with this cipher suite": a Tyan of old
/// (FreeIPMI) takes a suite with its highest privilege only. No password was tried by then, and the next suite that is
/// allowed may have another highest privilege. Preset `SuitePrivilegeIsExact`.
pub(crate) fn may_be_the_suites_privilege(status: u8) -> bool {
    matches!(status, 0x09 | 0x0A)
}

/// Tells whether this refusal of a power command may mean that the machine is not in the state for it. D5h says so;
/// some BMCs say C1h, "invalid command", to a power cycle of a machine that is off. The state is read, and decides.
/// Preset `CycleWhenOffUnknown`.
pub(crate) fn may_mean_another_state(completion: Completion) -> bool {
    matches!(completion, Completion::NOT_IN_THIS_STATE | Completion::INVALID_COMMAND)
}

/// For how long after a command a BMC may tell the power as it was before it (Launchpad 2147514; a power cycle is off
/// for some seconds on every BMC). Readings are handed on as they are; but what this driver decides by one, whether a
/// graceful off is needed and whether a refusal means "so it is", waits for one that can be believed. Preset
/// `StaleReading`.
pub(crate) const STALE_MAX: Duration = Duration::from_secs(10);

/// Returns the boot device number for "the disk, by UEFI", where it is not that for "the disk": Supermicro boards
/// want the second byte to be 24h, which is device 9 (OpenStack Ironic writes it so). No preset.
pub(crate) fn uefi_disk(manufacturer_id: u32) -> Option<u8> {
    matches!(manufacturer_id, manufacturer::SUPERMICRO | manufacturer::SUPERMICRO_OLD).then_some(9)
}

/// How often a log-in may begin anew after both sides lost each other: a BMC that gets RAKP message 1 twice may
/// answer twice with different random numbers, and refuse the proof for the first. More tries could lock an account.
/// The fault `repeats_itself` of the simulator does the like.
pub(crate) const LOST_EACH_OTHER_MAX: u32 = 2;

/// What some BMCs put where the session's id belongs, in packets whose code is good and covers it (FreeIPMI,
/// `idzero`: Tyan S2882). Preset `EmptySessionIds`.
pub(crate) const NO_SESSION_ID: u32 = 0;

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(names: &str) -> Quirks {
        serde_json::from_str(names).unwrap()
    }

    #[test]
    fn a_role_is_said_and_proved_as_the_quirks_have_it() {
        let said = |quirks: &str| {
            let role = listed(quirks).role("ADMIN", 3);
            (role.byte, role.username.len(), listed(quirks).proof())
        };
        assert_eq!(said("[]"), (0x13, 5, Proof::AsSaid));
        assert_eq!(said(r#"["name_and_privilege"]"#), (0x03, 5, Proof::AsSaid));
        assert_eq!(said(r#"["padded_name", "null_user"]"#), (0x13, 16, Proof::Bare));
        let padded = listed(r#"["padded_name"]"#).role("ADMIN", 3);
        assert_eq!(padded.username, "ADMIN\0\0\0\0\0\0\0\0\0\0\0");
        assert_eq!(Proof::AsSaid.role(padded.clone()), padded);
        assert_eq!(Proof::Bare.role(padded), Role { byte: 3, username: "ADMIN".to_owned() });
    }

    #[test]
    fn a_quirk_that_is_misspelt_is_refused_with_those_there_are() {
        let error = serde_json::from_str::<Quirks>(r#"["nul_user"]"#).unwrap_err().to_string();
        for name in ["nul_user", "null_user", "name_and_privilege", "padded_name"] {
            assert!(error.contains(name), "{error}");
        }
    }
}
