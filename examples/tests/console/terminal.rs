//! On a terminal: a pseudo-terminal whose other end types.

use crate::{Lab, PATIENCE, text};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{LocalModes, tcgetattr};
use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::process::{Child, Stdio};
use std::time::Instant;

/// Who types, and the terminal.
fn terminal() -> (File, File) {
    let typist: OwnedFd = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&typist).unwrap();
    unlockpt(&typist).unwrap();
    let path = ptsname(&typist, Vec::new()).unwrap();
    let terminal = File::options().read(true).write(true).open(path.to_str().unwrap()).unwrap();
    (typist.into(), terminal)
}

fn begin_on(terminal: &File, lab: &Lab) -> Child {
    let mut command = lab.command("");
    command.stdin(Stdio::from(terminal.try_clone().unwrap())).spawn().expect("the example was built")
}

/// Reads until this comes.
fn hear(from: &mut impl Read, awaited: &str) {
    let (mut text, mut part) = (String::new(), [0; 256]);
    let begin = Instant::now();
    while !text.contains(awaited) {
        assert!(begin.elapsed() < PATIENCE, "{text}");
        let length = from.read(&mut part).unwrap();
        assert!(length > 0, "it ended: {text}");
        text += &String::from_utf8_lossy(&part[..length]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_go_to_the_machine_one_by_one_and_a_tilde_sends_a_break_or_leaves() {
    let lab = Lab::start().await;
    let (mut typist, terminal) = terminal();
    let mut program = begin_on(&terminal, &lab);
    let talk = tokio::task::spawn_blocking(move || {
        let mut out = program.stdout.take().unwrap();
        hear(&mut program.stderr.take().unwrap(), "~. leaves");
        let modes = tcgetattr(&terminal).unwrap().local_modes;
        assert!(!modes.intersects(LocalModes::ECHO | LocalModes::ICANON | LocalModes::ISIG));
        // What would be an interrupt here is a key of the machine.
        typist.write_all(b"who\x03").unwrap();
        hear(&mut out, "who\x03");
        typist.write_all(b"\r~B").unwrap();
        hear(&mut out, "[break]");
        typist.write_all(b"\r~.").unwrap();
        let status = program.wait().unwrap();
        (status, tcgetattr(&terminal).unwrap().local_modes)
    });
    let (status, modes) = tokio::time::timeout(PATIENCE, talk).await.expect("it ends").unwrap();
    assert!(status.success());
    assert!(modes.contains(LocalModes::ECHO | LocalModes::ICANON | LocalModes::ISIG), "as it was");
}

#[tokio::test(flavor = "multi_thread")]
async fn breaks_come_behind_what_was_typed_before_and_too_many_end_nothing() {
    let lab = Lab::start().await;
    let (mut typist, terminal) = terminal();
    let mut program = begin_on(&terminal, &lab);
    let talk = tokio::task::spawn_blocking(move || {
        hear(&mut program.stderr.take().unwrap(), "~. leaves");
        // More breaks than may wait: some ring, and none ends the program.
        let typed = ["first\r", &"~B".repeat(40), "last\r~."].concat();
        typist.write_all(typed.as_bytes()).unwrap();
        program.wait_with_output().unwrap()
    });
    let run = tokio::time::timeout(PATIENCE, talk).await.expect("it ends").unwrap();
    assert!(run.status.success(), "{run:?}");
    let said = text(&run.stdout);
    assert!(said.starts_with("first") && said.contains("[break]"), "{said}");
}
