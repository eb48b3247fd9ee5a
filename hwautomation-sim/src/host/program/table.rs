//! Which programs there are.

use super::{
    Call, SUM, Start, base64, condition, dmi, file, ipmitool, power, print, sum, system, text, wrapper,
};
use crate::host::files::file_name;

pub(super) type Wrap = fn(&mut Call, &[u8]) -> Start;

/// Says how a program is run.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    Plain(fn(&mut Call) -> u8),
    /// Takes all of its input first, when the arguments say that it reads any.
    Reads(fn(&[String]) -> bool, fn(&mut Call, &[u8]) -> u8),
    Wrapper(Wrap),
    Sleep,
}

/// Finds a program of `PATH`.
pub(super) fn find(name: &str) -> Option<Kind> {
    Some(match name {
        "echo" => Kind::Plain(print::echo),
        "printf" => Kind::Plain(print::printf),
        "true" => Kind::Plain(|_| 0),
        "false" => Kind::Plain(|_| 1),
        "test" | "[" => Kind::Plain(condition::test),
        "cat" => Kind::Reads(text::names_no_file, text::cat),
        "tee" => Kind::Reads(|_| true, text::tee),
        "wc" => Kind::Reads(text::names_no_file, text::wc),
        "head" => Kind::Reads(text::names_no_file, text::head),
        "grep" => Kind::Reads(text::names_one_word, text::grep),
        "sha256sum" => Kind::Reads(text::names_no_file, text::sha256sum),
        "sum" => Kind::Reads(text::names_no_file, text::checksum),
        "base64" => Kind::Reads(text::names_no_file, base64::base64),
        "dd" => Kind::Reads(text::dd_reads_input, text::dd),
        "mkdir" => Kind::Plain(file::mkdir),
        "rmdir" => Kind::Plain(file::rmdir),
        "rm" => Kind::Plain(file::rm),
        "mv" => Kind::Plain(file::mv),
        "cp" => Kind::Plain(file::cp),
        "chmod" => Kind::Plain(file::chmod),
        "mktemp" => Kind::Plain(file::mktemp),
        "touch" => Kind::Plain(file::touch),
        "ls" => Kind::Plain(file::ls),
        "stat" => Kind::Plain(file::stat),
        "sync" => Kind::Plain(|_| 0),
        "basename" => Kind::Plain(file::basename),
        "dirname" => Kind::Plain(file::dirname),
        "pwd" => Kind::Plain(file::pwd),
        "uname" => Kind::Plain(system::uname),
        "hostname" => Kind::Plain(system::hostname),
        "id" => Kind::Plain(system::id),
        "whoami" => Kind::Plain(system::whoami),
        "date" => Kind::Plain(system::date),
        "which" => Kind::Plain(system::which),
        "sleep" => Kind::Sleep,
        "dmidecode" => Kind::Plain(dmi::dmidecode),
        "ipmitool" => Kind::Plain(ipmitool::ipmitool),
        "reboot" => Kind::Plain(power::reboot),
        "poweroff" | "halt" => Kind::Plain(power::poweroff),
        "shutdown" => Kind::Plain(power::shutdown),
        "systemctl" => Kind::Plain(power::systemctl),
        "sudo" => Kind::Wrapper(wrapper::sudo),
        "sh" | "bash" | "dash" => Kind::Wrapper(wrapper::shell),
        "env" => Kind::Wrapper(wrapper::env),
        "nohup" | "setsid" => Kind::Wrapper(wrapper::plainly),
        "timeout" => Kind::Wrapper(wrapper::timeout),
        _ => return None,
    })
}

/// Finds a program by its absolute path.
pub(super) fn find_at(path: &str) -> Option<Kind> {
    if path == SUM {
        return Some(Kind::Plain(sum::sum));
    }
    let folders = ["/usr/bin/", "/bin/", "/usr/sbin/", "/sbin/", "/usr/local/bin/"];
    let name = folders.iter().find_map(|folder| path.strip_prefix(folder))?;
    find(name)
}

/// Returns whether a command would change the machine; all others only read, or change files of the boot.
pub(super) fn changes_the_machine(text: &str) -> bool {
    let words: Vec<&str> = text.split(' ').collect();
    match words.as_slice() {
        ["sum", command, ..] => matches!(*command, "ChangeBiosCfg" | "LoadDefaultBiosCfg"),
        ["reboot" | "shutdown" | "poweroff" | "halt", ..] => true,
        ["systemctl", rest @ ..] => rest.iter().any(|word| matches!(*word, "reboot" | "poweroff" | "halt")),
        ["ipmitool", rest @ ..] => rest.windows(2).any(|pair| pair == ["lan", "set"]),
        _ => false,
    }
}

/// Writes a command as the log knows it: stable, without file names.
pub(super) fn log_text(text: &str) -> String {
    let words: Vec<&str> = text.split(' ').collect();
    match words.as_slice() {
        ["sum", command, ..] => format!("sum {command}"),
        ["shutdown" | "systemctl", rest @ ..]
            if rest.iter().any(|word| matches!(*word, "-r" | "--reboot" | "reboot")) =>
        {
            "reboot".to_owned()
        }
        ["reboot", ..] => "reboot".to_owned(),
        ["shutdown" | "systemctl" | "halt" | "poweroff", ..] => "poweroff".to_owned(),
        ["ipmitool", rest @ ..] => {
            let at = rest.windows(2).position(|pair| pair == ["lan", "set"]).unwrap_or(0);
            let words = rest.get(at + 3..).unwrap_or_default();
            format!("set lan: {}", words.join(" "))
        }
        _ => text.to_owned(),
    }
}

/// Writes a command as faults and the log know it: the name without its folder, and for SUM the command without `-c`.
pub(super) fn command_text(arguments: &[String]) -> String {
    let Some((name, rest)) = arguments.split_first() else {
        return String::new();
    };
    let vendor = name == SUM;
    let words = rest.iter().filter(|word| !(vendor && *word == "-c")).map(String::as_str);
    std::iter::once(file_name(name)).chain(words).collect::<Vec<_>>().join(" ")
}
