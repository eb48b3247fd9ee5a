//! What the tool says: its banner, and its block of text for each exit code.

/// Is an exit code of the tool, after its user's guide, appendix "Exit Codes".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Exit {
    UnknownOption = 2,
    MissingArgument = 3,
    MissingOption = 5,
    UnknownCommand = 6,
    OptionConflict = 7,
    CannotOpen = 8,
    FileExists = 9,
    InvalidConfig = 60,
    NotActivated = 80,
    CannotOpenDriver = 100,
    ConnectFailed = 145,
}

impl Exit {
    pub(super) fn code(self) -> u8 {
        self as u8
    }

    fn description(self) -> &'static str {
        match self {
            Self::UnknownOption => "Unknown option.",
            Self::MissingArgument => "Missing argument.",
            Self::MissingOption => "Missing option.",
            Self::UnknownCommand => "Unknown command.",
            Self::OptionConflict => "Option conflict.",
            Self::CannotOpen => "Cannot open file.",
            Self::FileExists => "File already exists.",
            Self::InvalidConfig => "Invalid BIOS configuration file.",
            Self::NotActivated => "Node product key is not activated.",
            Self::CannotOpenDriver => "Cannot open driver.",
            Self::ConnectFailed => "Failed to connect to BMC.",
        }
    }
}

/// Is a command that did not do what it was told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) exit: Exit,
    pub(super) details: Vec<String>,
}

impl Refusal {
    pub(super) fn new(exit: Exit, detail: impl Into<String>) -> Self {
        Self { exit, details: vec![detail.into()] }
    }

    /// Writes the block that the tool prints.
    pub(super) fn block(&self) -> String {
        let stars = "*".repeat(32);
        let details: String = self.details.iter().map(|line| format!("        {line}\n")).collect();
        format!(
            "\n{stars}<<<<<ERROR>>>>>{stars}\n\nExitCode                = {}\nDescription             = {}\nError message:\n{details}\n{}\n",
            self.exit.code(),
            self.exit.description(),
            "*".repeat(79)
        )
    }
}

/// Is what every run begins with.
pub(super) const BANNER: &str = "Supermicro Update Manager (for UEFI BIOS) 2.5.0 (2020/07/22) (x86_64)\nCopyright(C) 2013-2020 Super Micro Computer, Inc. All rights reserved.\n\n";
