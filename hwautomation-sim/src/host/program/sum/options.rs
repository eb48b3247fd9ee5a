//! The command line of the tool.

use super::answer::{Exit, Refusal};

/// Is a command line that was understood.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Options {
    pub(super) command: String,
    pub(super) file: Option<String>,
    pub(super) overwrite: bool,
    pub(super) reboot: bool,
    pub(super) skip_unknown: bool,
}

const FILE: &str = "--file";
const OVERWRITE: &str = "--overwrite";
const REBOOT: &str = "--reboot";
const SKIP_UNKNOWN: &str = "--skip_unknown";
const SKIP_BBS: &str = "--skip_bbs";
const POST_COMPLETE: &str = "--post_complete";
const SHOW_ALL: &str = "--showall";

/// Which options each command takes.
const COMMANDS: [(&str, &[&str]); 8] = [
    ("GetCurrentBiosCfg", &[FILE, OVERWRITE]),
    ("GetDefaultBiosCfg", &[FILE, OVERWRITE]),
    ("GetFactoryBiosCfg", &[FILE, OVERWRITE]),
    ("ChangeBiosCfg", &[FILE, REBOOT, SKIP_UNKNOWN, SKIP_BBS, POST_COMPLETE]),
    ("LoadDefaultBiosCfg", &[REBOOT, POST_COMPLETE]),
    ("GetBiosInfo", &[FILE, SHOW_ALL]),
    ("CheckOOBSupport", &[]),
    ("QueryProductKey", &[]),
];

/// Understands the words behind the program's name.
pub(super) fn options(words: &[String]) -> Result<Options, Refusal> {
    let mut options = Options::default();
    let mut given = Vec::new();
    let mut words = words.iter();
    while let Some(word) = words.next() {
        match word.as_str() {
            "-c" => options.command = argument(word, words.next())?,
            FILE => options.file = Some(argument(word, words.next())?),
            OVERWRITE => options.overwrite = true,
            REBOOT => options.reboot = true,
            SKIP_UNKNOWN => options.skip_unknown = true,
            SKIP_BBS | POST_COMPLETE | SHOW_ALL => {}
            "-i" | "-u" | "-p" | "-f" | "-l" => {
                argument(word, words.next())?;
                return Err(Refusal::new(Exit::ConnectFailed, "this simulated tool works in band only"));
            }
            _ => return Err(Refusal::new(Exit::UnknownOption, format!("Unknown option: {word}"))),
        }
        given.push(word.as_str());
    }
    checked(options, &given)
}

fn argument(option: &str, word: Option<&String>) -> Result<String, Refusal> {
    match word {
        Some(word) if !word.is_empty() && !word.starts_with('-') => Ok(word.clone()),
        _ => Err(Refusal::new(Exit::MissingArgument, format!("Option {option} needs an argument"))),
    }
}

fn checked(options: Options, given: &[&str]) -> Result<Options, Refusal> {
    if options.command.is_empty() {
        return Err(Refusal::new(Exit::MissingOption, "Option -c is missing"));
    }
    let Some((_, allowed)) = COMMANDS.iter().find(|(name, _)| *name == options.command) else {
        return Err(Refusal::new(Exit::UnknownCommand, format!("Unknown command: {}", options.command)));
    };
    if let Some(odd) = given.iter().find(|word| **word != "-c" && !allowed.contains(word)) {
        let text = format!("Command {} does not take {odd}", options.command);
        return Err(Refusal::new(Exit::OptionConflict, text));
    }
    match options.command.as_str() {
        "ChangeBiosCfg" if options.file.is_none() => {
            Err(Refusal::new(Exit::MissingOption, "Option --file is missing"))
        }
        _ => Ok(options),
    }
}
