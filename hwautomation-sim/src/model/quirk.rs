//! What is wrong with a BMC's firmware, each with where it was seen.
//!
//! "FreeIPMI" is its list of bugs and workarounds (`doc/freeipmi-bugs-issues-and-workarounds.txt`) with the name of the workaround; the others are
//! threads of the trackers that are named. One defect of that list is left out: a RAKP 4 hashed with the integrity algorithm (Intel SE7520AF2). In
//! suites 3 and 17 both algorithms are the same hash cut to the same length, so nobody could see it.

use super::power::Power;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Is one defect of a BMC's firmware. A BMC may have several.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Quirk {
    /// A message that comes again is not answered again. FreeIPMI: Intel SR870BN4.
    IgnoresRepetition,
    /// The last checksum of messages in sessions is wrong. FreeIPMI, `nochecksumcheck`: Supermicro X9.
    WrongChecksum,
    /// Answers in sessions carry the session number zero. FreeIPMI, `idzero`: Tyan S2882.
    EmptySessionIds,
    /// A suite's highest privilege is the only one that it may be used with. FreeIPMI: an old Tyan.
    SuitePrivilegeIsExact,
    /// A suite that is not offered can be used all the same. FreeIPMI: Supermicro X8DTG.
    TakesSuitesNotOffered,
    /// RAKP 2 is one byte too long. FreeIPMI, `supermicro20`: Supermicro H8QME.
    LongProof,
    /// Keys are made with the privilege of the Open Session Request in the place of RAKP 1's. FreeIPMI, `opensesspriv`: Sun X4150, Supermicro
    /// X8DTG and X8DTH, Intel S5500WBV, Dell Xanadu II.
    HashesOpenPrivilege,
    /// RAKP 3 is checked as if RAKP 1 had not asked to look up by the name alone; a name may come padded with zeros. FreeIPMI, `intel20`: Intel
    /// SE7520AF2.
    ForgetsNameOnly,
    /// Only the user without a name gets in. FreeIPMI: users without a name are the only ones on some boards.
    NullUserOnly,
    /// Whatever suite is asked for, 3 is answered. virtualbmc (pyghmi).
    AnswersSuiteThree,
    /// Suite 17 is listed, and refused. ipmitool #363.
    CannotDoSuiteSeventeen,
    /// A suite is refused with this status in the place of 11h: 01h (Intel M50CYP), 0Ah (Supermicro X8DTG), 12h (MSI).
    RefusesSuitesWith(u8),
    /// The GUID is zero. The fact sheet of the protocol names it without a board.
    ZeroGuid,
    /// In a session another GUID is told than in its handshake.
    ChangesGuid,
    /// A session that ends does not free its place until the BMC restarts. openbmc #1241.
    LeaksSessions,
    /// A power cycle of a machine without power is refused as an unknown command, C1h.
    CycleWhenOffUnknown,
    /// A power cycle of a machine without power switches it on.
    CycleWhenOffSwitchesOn,
    /// Get Channel Authentication Capabilities says that nobody may log in. FreeIPMI, `authcap`: Asus P5M2, Sun X4150, Intel SR1520ML.
    HidesUsers,
    /// Get Channel Authentication Capabilities has nothing of IPMI 2.0, which is spoken all the same.
    HidesVersionTwo,
    /// For so long after a command, the power is told as it was before. Launchpad 2147514.
    StaleReading(Duration),
    /// A restart of the BMC restarts the machine, or switches it on. open-power/op-build #474.
    ResetBootsHost,
}

/// Holds the defects of a BMC.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Quirks(pub Vec<Quirk>);

/// Is what the power was before a command, told until then.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Stale {
    pub(crate) power: Power,
    /// In milliseconds since 1970.
    pub(crate) until: u64,
}

impl Quirks {
    /// Says whether the BMC has a defect.
    pub fn has(&self, quirk: Quirk) -> bool {
        self.0.contains(&quirk)
    }

    /// Adds a defect.
    pub fn add(&mut self, quirk: Quirk) {
        self.0.push(quirk);
    }

    pub(crate) fn refuses_suites_with(&self) -> Option<u8> {
        self.0.iter().find_map(|quirk| match quirk {
            Quirk::RefusesSuitesWith(status) => Some(*status),
            _ => None,
        })
    }

    pub(crate) fn tells_stale_power_for(&self) -> Option<Duration> {
        self.0.iter().find_map(|quirk| match quirk {
            Quirk::StaleReading(duration) => Some(*duration),
            _ => None,
        })
    }
}
