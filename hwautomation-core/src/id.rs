//! Names and ids: each its own type, each checked where it enters.

use crate::error::{Error, Result};
use serde::{Deserialize, Deserializer, Serialize, de};
use sha2::{Digest, Sha256};
use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;
use uuid::{Builder, Uuid};

/// How long a name or a machine's id may be, in bytes.
const NAME_BYTES_MAX: usize = 128;

/// How long the name of a permit may be, in bytes: a machine's id and what it is about have room.
const PERMIT_BYTES_MAX: usize = 256;

/// How long the name of a BIOS setting may be, in bytes. Vendors use whole sentences.
const SETTING_BYTES_MAX: usize = 256;

fn check_name(what: &str, text: &str) -> Result<()> {
    let fine = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '_' | '-' | '.');
    if !text.is_empty() && text.len() <= NAME_BYTES_MAX && text.chars().all(fine) {
        return Ok(());
    }
    Err(Error::invalid(format!("{text:?} is no {what}"))
        .with_remedy("use 1 to 128 lower-case letters, digits, '_', '-' and '.'"))
}

fn check_machine(what: &str, text: &str) -> Result<()> {
    if !text.is_empty() && text.len() <= NAME_BYTES_MAX && text.chars().all(|c| c.is_ascii_graphic()) {
        return Ok(());
    }
    Err(Error::invalid(format!("{text:?} is no {what}"))
        .with_remedy("use 1 to 128 visible ASCII characters without blanks"))
}

fn check_setting(what: &str, text: &str) -> Result<()> {
    // Blanks at the ends stay: some vendors ship such names, and they must read back as they are.
    let visible = !text.trim().is_empty() && !text.chars().any(char::is_control);
    if visible && text.len() <= SETTING_BYTES_MAX {
        return Ok(());
    }
    Err(Error::invalid(format!("{text:?} is no {what}"))
        .with_remedy("use 1 to 256 bytes of visible text; blanks inside are fine"))
}

fn check_permit(what: &str, text: &str) -> Result<()> {
    let visible = !text.trim().is_empty() && !text.chars().any(char::is_control);
    if visible && text.len() <= PERMIT_BYTES_MAX {
        return Ok(());
    }
    Err(Error::invalid(format!("{text:?} is no {what}"))
        .with_remedy("use 1 to 256 bytes of visible text, such as rack-7"))
}

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident, $what:literal, $check:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        #[serde(transparent)]
        pub struct $name(Cow<'static, str>);

        impl $name {
            /// Checks the text and makes an id of it.
            ///
            /// # Errors
            ///
            /// `Invalid` when the text is empty, too long or has characters that do not belong.
            pub fn new(text: impl Into<String>) -> Result<Self> {
                let text = text.into();
                $check($what, &text)?;
                Ok(Self(text.into()))
            }

            /// Makes an id of a text in the program.
            ///
            /// # Panics
            ///
            /// When the text is no valid id: the program is wrong then.
            #[must_use]
            pub fn from_static(text: &'static str) -> Self {
                if let Err(error) = $check($what, text) {
                    panic!("{error}");
                }
                Self(Cow::Borrowed(text))
            }

            /// Returns the text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&*self.0, f)
            }
        }

        impl FromStr for $name {
            type Err = Error;

            fn from_str(text: &str) -> Result<Self> {
                Self::new(text)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Self::new(String::deserialize(deserializer)?).map_err(de::Error::custom)
            }
        }
    };
}

text_id! {
    /// Names a machine: the directory's id, such as a serial number, a host name or an xname.
    MachineId, "machine id", check_machine
}
text_id! {
    /// Names a kind of workflow, such as `server-provisioning`.
    WorkflowName, "workflow name", check_name
}
text_id! {
    /// Names a step inside its workflow, such as `pull_bios_config`.
    StepName, "step name", check_name
}
text_id! {
    /// Names a registered plugin, such as `ipmi`.
    PluginName, "plugin name", check_name
}
text_id! {
    /// Names an effect inside its step, such as `power-cycle`.
    IntentName, "intent name", check_name
}
text_id! {
    /// Names a signal that a step may wait for, such as `approved`.
    SignalName, "signal name", check_name
}
text_id! {
    /// Names something that only so many workflows may use at once, such as `rack-7`.
    PermitName, "permit name", check_permit
}
text_id! {
    /// Names a kind of machine, such as `a1.c5.large`.
    DeviceType, "device type", check_name
}
text_id! {
    /// Names a BIOS setting as its vendor does, such as `Intel VT for Directed I/O (VT-d)`.
    SettingName, "setting name", check_setting
}
text_id! {
    /// Names BIOS settings, with `*` anywhere for any text, such as `dimm_*_size`. Case counts.
    SettingPattern, "setting pattern", check_setting
}

impl PermitName {
    /// Names what belongs to a machine, such as `bmc-srv001`. By its id: an address may be another machine's tomorrow.
    #[must_use]
    pub fn of_machine(what: &'static str, machine: &MachineId) -> Self {
        let name = Self::new(format!("{what}-{machine}"));
        name.expect("a word of the program and a machine's id are visible and fit")
    }
}

macro_rules! uuid_id {
    ($(#[$doc:meta])* $name:ident, $make:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// Makes an id that nobody else has.
            #[must_use]
            pub fn generate() -> Self {
                Self(Uuid::$make())
            }

            /// Returns the 16 bytes.
            #[must_use]
            pub fn as_bytes(&self) -> &[u8; 16] {
                self.0.as_bytes()
            }

            /// Makes an id of its 16 bytes.
            #[must_use]
            pub fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(Uuid::from_bytes(bytes))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }

        impl FromStr for $name {
            type Err = Error;

            fn from_str(text: &str) -> Result<Self> {
                Uuid::parse_str(text).map(Self).map_err(|cause| {
                    Error::invalid(format!("{text:?} is no {}", stringify!($name)))
                        .with_remedy("use the id as `submit` or `list` showed it")
                        .with_source(cause)
                })
            }
        }
    };
}

uuid_id! {
    /// Names one run of a workflow. Later runs sort after earlier ones (UUID version 7, RFC 9562 section 5.7).
    WorkflowId, now_v7
}
uuid_id! {
    /// Names one manager in one process start, so that a restarted process is somebody else.
    OwnerId, new_v4
}
uuid_id! {
    /// Names one append, so that a lost answer can be told from a conflict.
    BatchId, new_v4
}

impl WorkflowId {
    /// Names the child that a step of a workflow starts under a key: the same for the same three.
    ///
    /// It is a UUID of version 8 (RFC 9562 section 5.8) with the parent's time in front, so that children are
    /// listed beside their parent.
    #[must_use]
    pub(crate) fn child(parent: Self, step: &StepName, key: &str) -> Self {
        let mut hash = Sha256::new();
        hash.update(parent.as_bytes());
        // A step's name has no blank, so no two pairs of step and key make one text.
        hash.update(format!("{step} {key}").as_bytes());
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&hash.finalize()[..16]);
        bytes[..TIME_BYTES].copy_from_slice(&parent.as_bytes()[..TIME_BYTES]);
        Self(Builder::from_custom_bytes(bytes).into_uuid())
    }
}

/// How many bytes of a UUID of version 7 are its time (RFC 9562 section 5.7).
const TIME_BYTES: usize = 6;

impl BatchId {
    /// Makes an id of one drawn at random and a count: as unlike any other, without drawing each time.
    #[must_use]
    pub fn counted(base: Self, count: u64) -> Self {
        Self(Uuid::from_u128(base.0.as_u128() ^ u128::from(count)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_a_blank_or_capital_is_refused_with_advice() {
        for text in ["", "Has Capital", "a b", &"x".repeat(129)] {
            let error = StepName::new(text).unwrap_err();
            assert!(error.remedy().is_some_and(|remedy| remedy.contains("lower-case")));
        }
        assert!(MachineId::new("x3000c0s1b0n0").is_ok() && MachineId::new("srv 1").is_err());
    }

    #[test]
    fn a_setting_name_is_any_visible_text() {
        assert!(SettingName::new("Intel VT for Directed I/O (VT-d)").is_ok());
        for text in ["", " ", "a\nb", "a\u{7}", &"x".repeat(257)] {
            assert!(SettingName::new(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn a_permit_has_room_for_any_machine() {
        let longest = MachineId::new("X".repeat(128)).unwrap();
        assert_eq!(PermitName::of_machine("bmc", &longest).as_str().len(), 132);
        for text in ["", "  ", "rack\n7", &"x".repeat(257)] {
            assert!(PermitName::new(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn json_is_checked_like_everything_else() {
        assert!(serde_json::from_str::<StepName>("\"no blank\"").is_err());
        assert_eq!(serde_json::from_str::<StepName>("\"fine\"").unwrap(), StepName::from_static("fine"));
    }

    #[test]
    fn the_same_step_and_key_name_the_same_child_and_others_another() {
        let (parent, step) = (WorkflowId::generate(), StepName::from_static("wave-1"));
        let child = WorkflowId::child(parent, &step, "srv001 1");
        assert_eq!(child, WorkflowId::child(parent, &step, "srv001 1"));
        assert_eq!(child.0.get_version_num(), 8);
        let other_step = StepName::from_static("wave-2");
        for other in [
            WorkflowId::child(parent, &step, "srv001 2"),
            WorkflowId::child(parent, &other_step, "srv001 1"),
            WorkflowId::child(WorkflowId::generate(), &step, "srv001 1"),
        ] {
            assert_ne!(child, other);
        }
    }

    #[test]
    fn later_workflow_ids_sort_later() {
        let (first, second) = (WorkflowId::generate(), WorkflowId::generate());
        assert!(first < second);
    }
}
