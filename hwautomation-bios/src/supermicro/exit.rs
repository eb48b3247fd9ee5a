//! What SUM's exit statuses mean. From the list in Supermicro's user guide, as `tests/data/README.md` says. Pure.

use hwautomation_core::error::ErrorKind;

/// Says what a status means for the caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Meaning {
    pub(super) kind: ErrorKind,
    /// What the status is called.
    pub(super) text: &'static str,
    pub(super) remedy: &'static str,
    /// A push that ended so may have been made, or a part of it.
    pub(super) push_unclear: bool,
}

const SYNTAX: &str = "check the version of SUM on the host: it does not know this command line";
const DRIVER: &str = "see whether the host can load SUM's driver: secure boot and kernel lockdown forbid it";
const LICENCE: &str = "activate the node product key (SFT-OOB-LIC or SFT-DCMS-SINGLE) on this machine";
const LATER: &str = "come back later; if it stays so, see whether another tool uses the BMC or the driver";
const OTHER_WAY: &str = "use another way for this machine, such as Redfish";
const LOOK: &str = "look at the host: run the same command there";
const CONTENT: &str = "correct the settings that it names";

/// Looks a status up; none that is documented gets [`ErrorKind::Refused`].
pub(super) fn meaning(status: u32) -> Meaning {
    use ErrorKind::{Busy, Forbidden, Invalid, Protocol, Refused, Unauthorized, Unsupported};
    let (kind, text, remedy, push_unclear) = match status {
        1..=7 => (Unsupported, "the command line is not understood", SYNTAX, false),
        8 => (Refused, "a file cannot be opened", LOOK, false),
        9 => (Refused, "a file is in the way", LOOK, false),
        11 => (Protocol, "invalid data", LOOK, true),
        12 => (Forbidden, "access is denied", "let it run as root: set sudo, or log in as root", false),
        31 | 32 => (Refused, "the host has no room for its files or threads", LOOK, true),
        33 | 34 => (Busy, "its connection failed", LATER, true),
        35 => (Busy, "it was interrupted", LATER, true),
        36 | 37 => (Refused, "a device is absent or broken", LOOK, false),
        38 => (Unsupported, "this machine does not support it", OTHER_WAY, false),
        60 => (Invalid, "the BIOS configuration is not accepted", CONTENT, false),
        61 => (Refused, "an internal error", LOOK, true),
        62..=75 => (Invalid, "a file is not accepted", CONTENT, false),
        80 => (Unsupported, "the product key is not activated", LICENCE, false),
        83 => (Unsupported, "out-of-band use is not licensed", LICENCE, false),
        81 => (Busy, "an internal communication failed", LATER, true),
        82 => (Invalid, "the file is for another board", CONTENT, false),
        84..=86 => (Unsupported, "a file or a tool of it is missing", LOOK, false),
        87 | 144 => (Busy, "the BMC answered with an error", LATER, true),
        100..=102 | 105 | 108 => (Unsupported, "its driver cannot be used", DRIVER, false),
        103 => (Unsupported, "the BIOS has no in-band command", OTHER_WAY, false),
        104 => (Protocol, "the size of the data is wrong", LOOK, true),
        106 | 107 => (Busy, "its driver or the ROM is in use", LATER, false),
        145 | 148 | 149 => (Busy, "the BMC could not be talked to", LATER, true),
        146 => (Unauthorized, "the log-in to the BMC failed", "check the BMC's account", false),
        147 | 150..=152 => (Unsupported, "the BMC or chassis does not know the command", OTHER_WAY, false),
        _ => (Refused, "a status that is not documented", LOOK, true),
    };
    Meaning { kind, text, remedy, push_unclear }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hwautomation_core::error::ErrorClass;

    #[test]
    fn each_class_of_the_documented_statuses_has_its_kind() {
        let kinds =
            |statuses: &[u32]| statuses.iter().map(|status| meaning(*status).kind).collect::<Vec<_>>();
        let all = |kind: ErrorKind, statuses: &[u32]| assert_eq!(kinds(statuses), vec![kind; statuses.len()]);
        all(ErrorKind::Busy, &[33, 34, 81, 106, 107, 144, 145, 148, 149]);
        all(ErrorKind::Invalid, &[60, 62, 63, 82]);
        all(ErrorKind::Unsupported, &[80, 83, 38, 103]);
        all(ErrorKind::Unauthorized, &[146]);
        assert_eq!(meaning(199).kind, ErrorKind::Refused);
    }

    #[test]
    fn what_may_be_tried_again_is_transient_and_everything_has_advice() {
        for status in 1..=255 {
            let meaning = meaning(status);
            let transient = matches!(meaning.kind.usual_class(), ErrorClass::Transient { .. });
            assert_eq!(transient, meaning.kind == ErrorKind::Busy, "{status}");
            assert!(!meaning.remedy.is_empty() && !meaning.text.is_empty());
        }
    }
}
