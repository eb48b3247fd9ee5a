//! What can go wrong with SUM, and what core is told about it.

use super::exit::meaning;
use super::model::{Refusal, Unreadable};
use hwautomation_core::error::{Error, ErrorKind};
use hwautomation_core::plugin::ShellOutput;
use hwautomation_core::secret::scrub;

/// Says why a call failed after the shell did what it was told.
#[derive(Debug, thiserror::Error)]
pub(super) enum SumError {
    #[error("exit status {status}, {}: {said}", meaning(*status).text)]
    Exit { status: u32, said: String, push: bool },
    #[error("a signal ended it")]
    Signal { push: bool },
    #[error("there is no SUM at {0}")]
    Missing(String),
    #[error("sudo did not run it: {0}")]
    Sudo(String),
    #[error("there is no sudo on the host")]
    NoSudo,
    #[error("what it printed is longer than {0} bytes")]
    TooLong(usize),
    #[error("what it printed cannot be read")]
    Unreadable(#[source] Unreadable),
    #[error("{}", list(.0))]
    Changes(Vec<Refusal>),
    #[error("SUM cannot take back what was staged")]
    NoDiscard,
}

fn list(refusals: &[Refusal]) -> String {
    let lines = refusals.iter().map(|refusal| format!("{}: {}", refusal.setting, refusal.why));
    lines.collect::<Vec<_>>().join("\n")
}

impl SumError {
    /// Tells a failure of SUM from success, by its status and what it printed.
    pub(super) fn of(output: &ShellOutput, path: &str, push: bool) -> Result<(), Self> {
        let said = complaint(output);
        match output.status {
            Some(0) => Ok(()),
            None => Err(Self::Signal { push }),
            // sudo has a status for itself that SUM has too; its own lines begin with its name (sudo(8)).
            Some(1) if said.starts_with("sudo:") && said.contains("command not found") => {
                Err(Self::Missing(path.to_owned()))
            }
            Some(1) if said.starts_with("sudo:") => Err(Self::Sudo(said)),
            Some(127) if said.contains("sudo") => Err(Self::NoSudo),
            Some(126 | 127) => Err(Self::Missing(path.to_owned())),
            Some(status) => Err(Self::Exit { status, said, push }),
        }
    }

    /// Makes core's error of it; `action` says what was tried on what.
    pub(super) fn into_error(self, action: &str) -> Error {
        let unclear = self.is_unclear();
        let error = Error::new(self.kind(), format!("{action}: {self}")).with_remedy(self.remedy());
        let error = if unclear { error.unknown_outcome() } else { error };
        match self {
            Self::Unreadable(cause) => error.with_source(cause),
            Self::Signal { push: false } => error.transient(),
            _ => error,
        }
    }

    /// A push that failed in the middle may have been made.
    fn is_unclear(&self) -> bool {
        match self {
            Self::Exit { status, push, .. } => *push && meaning(*status).push_unclear,
            Self::Signal { push } => *push,
            _ => false,
        }
    }

    fn kind(&self) -> ErrorKind {
        match self {
            Self::Exit { status, .. } => meaning(*status).kind,
            Self::Signal { .. } => ErrorKind::Refused,
            Self::Missing(_) | Self::NoSudo | Self::NoDiscard => ErrorKind::Unsupported,
            Self::Sudo(_) => ErrorKind::Forbidden,
            Self::TooLong(_) | Self::Unreadable(_) => ErrorKind::Protocol,
            Self::Changes(_) => ErrorKind::Invalid,
        }
    }

    fn remedy(&self) -> &'static str {
        match self {
            Self::Exit { status, .. } => meaning(*status).remedy,
            Self::Signal { .. } => "see on the host who ended it, and whether it has enough memory",
            Self::Missing(_) => "install SUM on the host's image, or say in settings.sum.path where it is",
            Self::Sudo(_) => "let the account run SUM by sudo without a password, or log in as root",
            Self::NoSudo => "log in as root and say settings.sum.sudo = false, or install sudo on the image",
            Self::TooLong(_) | Self::Unreadable(_) => {
                "run GetCurrentBiosCfg on the host and look at what it prints; report the file"
            }
            Self::Changes(_) => "correct the settings; nothing was staged",
            Self::NoDiscard => "stage the values in force again, or load the factory's",
        }
    }
}

/// How much of what SUM says is shown: a few lines of a terminal.
const COMPLAINT_CHARS_MAX: usize = 400;

/// Returns what the tool says about its failure, without the banner, on one line that is fit to be shown.
fn complaint(output: &ShellOutput) -> String {
    let text = [output.stderr.as_slice(), b"\n", output.stdout.as_slice()].concat();
    let text = String::from_utf8_lossy(&text);
    let banner =
        |line: &&str| !line.starts_with("Supermicro Update Manager") && !line.starts_with("Copyright");
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty()).filter(banner);
    let said = lines.collect::<Vec<_>>().join(" / ");
    let said: String = scrub(&said).chars().filter(|c| !c.is_control()).take(COMPLAINT_CHARS_MAX).collect();
    if said.is_empty() { "without an explanation".to_owned() } else { said }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hwautomation_core::error::ErrorClass;

    fn ended(status: Option<u32>, stdout: &str, stderr: &str) -> ShellOutput {
        ShellOutput { status, stdout: stdout.into(), stderr: stderr.into() }
    }

    fn error(status: Option<u32>, stderr: &str, push: bool) -> Error {
        let banner = "Supermicro Update Manager (for UEFI BIOS) 2.5.0\nCopyright(C) 2013\n\n";
        SumError::of(&ended(status, banner, stderr), "/opt/sum", push).unwrap_err().into_error("staging")
    }

    #[test]
    fn the_tools_own_words_are_told_without_its_banner() {
        let said = error(Some(60), "\nERROR:\n  Invalid option in setting \"Quiet Boot\"\n", true);
        assert!(said.message().ends_with("not accepted: ERROR: / Invalid option in setting \"Quiet Boot\""));
        assert_eq!((said.kind(), said.class()), (ErrorKind::Invalid, ErrorClass::Permanent));
    }

    #[test]
    fn sudo_is_told_from_sum() {
        assert_eq!(error(Some(1), "sudo: a password is required", true).kind(), ErrorKind::Forbidden);
        assert_eq!(error(Some(1), "sudo: /opt/sum: command not found", true).kind(), ErrorKind::Unsupported);
        let no_sudo = error(Some(127), "bash: line 1: sudo: command not found", true);
        assert!(no_sudo.message().contains("no sudo") && no_sudo.kind() == ErrorKind::Unsupported);
        assert_eq!(error(Some(127), "sh: /opt/sum: not found", true).kind(), ErrorKind::Unsupported);
        assert_eq!(error(Some(1), "getopt", true).kind(), ErrorKind::Unsupported);
    }

    #[test]
    fn a_push_that_broke_in_the_middle_is_unclear_and_a_read_is_not() {
        assert_eq!(error(Some(81), "", true).class(), ErrorClass::UnknownOutcome);
        assert_eq!(error(None, "", true).class(), ErrorClass::UnknownOutcome);
        assert!(matches!(error(Some(81), "", false).class(), ErrorClass::Transient { .. }));
        assert!(matches!(error(None, "", false).class(), ErrorClass::Transient { .. }));
        assert!(matches!(error(Some(106), "", true).class(), ErrorClass::Transient { .. }));
    }
}
