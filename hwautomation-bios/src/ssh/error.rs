//! What can go wrong over SSH, and what core is told about it.

use hwautomation_core::error::{Error, ErrorKind};
use std::time::Duration;

/// Says why a call failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SshError {
    /// No TCP connection, or it broke before anything was sent.
    #[error("nobody answered")]
    Unreachable(#[source] std::io::Error),
    #[error("the connection was closed before the log-in was done")]
    Closed(#[source] russh::Error),
    #[error("no connection within {0:?}")]
    ConnectTimeout(Duration),
    #[error("{0}")]
    Busy(&'static str),
    #[error("the host key is {found}, not {expected}")]
    HostKey { expected: String, found: String },
    #[error("the host shows a certificate in place of a key, and none is known here")]
    HostCertificate,
    #[error("the host could not prove that it owns its key")]
    Proof(#[source] russh::Error),
    #[error("the host does not accept the account {username:?} with this {credential}")]
    Unauthorized { username: String, credential: &'static str },
    #[error("the host wants a second proof besides the {0}, and there is none")]
    SecondFactor(&'static str),
    /// The cause is left out: it may quote the key.
    #[error("credentials.ssh holds no private key that can be used: {0}")]
    Key(&'static str),
    #[error("the host has no algorithm in common with this program")]
    Algorithms(#[source] russh::Error),
    #[error("the host answered what SSH does not allow")]
    Protocol(#[source] russh::Error),
    #[error("the host does not run commands for this account")]
    ExecRefused,
    #[error("it did not end within {0:?}, and may go on")]
    CommandTimeout(Duration),
    #[error("the connection was lost before it ended, and it may go on")]
    LostMidway,
    #[error("{0}")]
    Line(&'static str),
    #[error("there is no such file")]
    NoFile,
    #[error("it is longer than {0} bytes")]
    TooLong(usize),
    #[error("the host refused: {0}")]
    File(String),
    #[error("the secret of credentials.ssh could not be had")]
    Credential(#[source] Error),
    /// The pins could not be asked.
    #[error("the pinned host keys could not be read or written")]
    Pins(#[source] Error),
}

impl SshError {
    /// Makes core's error of it; `action` says what was tried on what.
    pub(crate) fn into_error(self, action: &str) -> Error {
        let error = Error::new(self.kind(), format!("{action}: {self}")).with_remedy(self.remedy());
        match self {
            Self::CommandTimeout(_) | Self::LostMidway => error.unknown_outcome(),
            Self::Unreachable(cause) => error.with_source(cause),
            Self::Closed(cause) | Self::Proof(cause) | Self::Algorithms(cause) | Self::Protocol(cause) => {
                error.with_source(cause)
            }
            Self::Credential(cause) | Self::Pins(cause) => error.with_class(cause.class()).with_source(cause),
            _ => error,
        }
    }

    fn kind(&self) -> ErrorKind {
        match self {
            Self::Unreachable(_) | Self::Closed(_) | Self::LostMidway => ErrorKind::Unreachable,
            Self::ConnectTimeout(_) | Self::CommandTimeout(_) => ErrorKind::Timeout,
            Self::Busy(_) => ErrorKind::Busy,
            Self::HostKey { .. } | Self::HostCertificate | Self::Proof(_) => ErrorKind::Security,
            Self::Unauthorized { .. } | Self::SecondFactor(_) => ErrorKind::Unauthorized,
            Self::Key(_) | Self::Line(_) => ErrorKind::Invalid,
            Self::Algorithms(_) => ErrorKind::Unsupported,
            Self::Protocol(_) => ErrorKind::Protocol,
            Self::ExecRefused | Self::TooLong(_) | Self::File(_) => ErrorKind::Refused,
            Self::NoFile => ErrorKind::NotFound,
            Self::Credential(cause) | Self::Pins(cause) => cause.kind(),
        }
    }

    fn remedy(&self) -> &'static str {
        match self {
            Self::Unreachable(_) | Self::Closed(_) | Self::ConnectTimeout(_) => {
                "check that the host runs, that sshd listens at its address, and that nothing between filters it"
            }
            Self::LostMidway => {
                "see on the host whether it still runs or what it did; the host may have gone down"
            }
            Self::CommandTimeout(_) => "see on the host whether it still runs, or give it more time",
            Self::Busy(_) => "come back later, or raise connections_max or commands_max",
            Self::HostKey { .. } => {
                "find out who booted or replaced the host before going on; \
                 a boot that this program knows of brings a new generation, which may have a new key"
            }
            Self::HostCertificate => {
                "let sshd show a plain Ed25519 or ECDSA host key besides its certificate"
            }
            Self::Proof(_) => "find out who answers at this address before going on",
            Self::Unauthorized { .. } => {
                "check settings.ssh (username, auth), the secret that credentials.ssh names, \
                 and that the host lets this account in so; it is not tried again"
            }
            Self::SecondFactor(_) => "let the host accept this account with one proof",
            Self::Key(_) => {
                "store an Ed25519 or ECDSA private key as OpenSSH writes it, without a passphrase, \
                 or say settings.ssh.auth = \"password\""
            }
            Self::Algorithms(_) => {
                "give the host an Ed25519 or ECDSA host key (RSA is not supported) and a current OpenSSH"
            }
            Self::Protocol(_) => "check that an SSH server answers at this address and port",
            Self::ExecRefused => "see sshd's configuration (ForceCommand, the account's shell) and its log",
            Self::Line(_) => "give long texts on standard input or as a file",
            Self::NoFile => "check the path",
            Self::TooLong(_) => "ask for more bytes, if so large a file is right",
            Self::File(_) => "check the path, its folder, the free space and the account's rights",
            Self::Credential(_) => "check what credentials.ssh of the machine names, and its source",
            Self::Pins(_) => "check the store of the pinned host keys; nothing is run without it",
        }
    }

    /// Tells whether a kept connection that answered so is of no more use.
    pub(super) fn is_dead(&self) -> bool {
        matches!(self, Self::Closed(_) | Self::ConnectTimeout(_) | Self::Unreachable(_) | Self::Protocol(_))
    }
}

impl From<russh::Error> for SshError {
    fn from(cause: russh::Error) -> Self {
        use russh::Error as Cause;
        match cause {
            Cause::IO(cause) => Self::Unreachable(cause),
            Cause::WrongServerSig | Cause::UnknownKey | Cause::Signature(_) => Self::Proof(cause),
            Cause::PacketAuth | Cause::DecryptionError | Cause::StrictKeyExchangeViolation { .. } => {
                Self::Proof(cause)
            }
            Cause::NoCommonAlgo { .. } | Cause::UnknownAlgo => Self::Algorithms(cause),
            Cause::HUP
            | Cause::Disconnect
            | Cause::SendError
            | Cause::RecvError
            | Cause::ConnectionTimeout
            | Cause::KeepaliveTimeout
            | Cause::Join(_) => Self::Closed(cause),
            Cause::ChannelOpenFailure(_) => Self::Busy("the host opens no more channels on this connection"),
            cause => Self::Protocol(cause),
        }
    }
}
