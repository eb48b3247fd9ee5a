//! The shell: words, streams, statuses; and the same lines in the system's own `/bin/sh`.

use super::double::Login;

/// Lines that our shell and any POSIX shell must take the same way. They touch no file outside `$T`.
const LINES: [&str; 59] = [
    "echo a  b",
    "echo 'a  b' \"c  d\" e\\ f",
    "printf '%s|' a'b'\"c\"d '' \"\"",
    "echo 'it'\\''s'",
    "A='x  y'; echo $A \"$A\"",
    "echo a#b # comment",
    "echo ${X:-none} ${A:+yes} ${X-}.",
    "echo ${X:=set} $X",
    "echo ${X:?gone}; echo not here",
    "X=; echo ${X-a}${X:-b}${X+c}${X:+d}.",
    "echo $(echo one; echo two) `echo three`",
    "echo \"$(printf 'a\\n\\n')\"z",
    "echo a\\\nb",
    "sh -c 'echo $0 $1 \"$@\" $#' name 'x y' z",
    "sh -c 'printf \"%s|\" \"$@\"' name 'x y' z",
    "cat <<E\na $A b\nE\n",
    "cat <<'E' && echo done\na $HOME\nE\n",
    "cat <<E; echo after\n${X:-d} \\$X `echo q`\nE\n",
    "for x in a 'b c'; do echo \"<$x>\"; done",
    "for x in 1 2 3; do if [ $x = 2 ]; then continue; fi; echo $x; done",
    "if false; then echo 1; elif true; then echo 2; else echo 3; fi",
    "n=; while [ \"$n\" != xxx ]; do n=x$n; done; echo $n",
    "n=; until test \"$n\" = xx; do n=x$n; done; echo $n",
    "true && false || exit 7",
    "false || true && echo yes",
    "! false; echo $?",
    "! true | false; echo $?",
    "(exit 3); echo $?",
    "(A=in; echo $A); echo \"[$A]\"",
    "{ A=in; echo $A; }; echo \"[$A]\"",
    "exit 300",
    "nosuchprogram 2>/dev/null; echo $?",
    "/no/such/file 2>/dev/null; echo $?",
    "true | false; echo $?",
    "echo a | cat; echo b | { cat; echo c; }",
    "set -e; false; echo no",
    "set -e; false || true; if false; then :; fi; ! true; echo yes",
    "set -e; (false); echo no",
    "set -e; { false; }; echo no",
    "set -e; X=$(false); echo no",
    "set -e; false && true; echo yes",
    "sh -ec 'false; true'; echo $?",
    "X=$(exit 4); echo $?",
    "X=1 sh -c true; echo \"[$X]\"",
    "echo x >$T/f; echo y >>$T/f; cat <$T/f; wc -c <$T/f",
    "{ echo out; nosuch; } >$T/f 2>&1; wc -l <$T/f",
    "{ echo e >&2; echo o; } 2>/dev/null",
    "echo x >/no/such/f 2>/dev/null || echo refused",
    "umask 077; echo x >$T/m; stat -c %a $T/m",
    "mkdir -p $T/a/b; echo x >$T/a/b/f; mv $T/a $T/c; cat $T/c/b/f; rm -r $T/c; test -e $T/c; echo $?",
    "printf 'a b\\nc d\\n' | { read x y; echo \"$y\"; read x y; echo \"$y\"; read x || echo end; }",
    "printf '%s-%s\\n' 1 2 3",
    "printf 'a\\101\\tb%%%d\\n' 5",
    "printf 'abc' | sha256sum",
    "printf 'hello world' | base64 | base64 -d",
    "printf '1\\n2\\n3\\n' | head -n 2",
    "exec echo replaced; echo no",
    "trap 'echo bye' EXIT; echo hi; exit 4",
    "[ -n \"\" ] || [ a != b ] && [ 3 -gt 2 ] && echo yes",
];

#[tokio::test]
async fn words_are_split_quoted_and_joined_as_posix_says() {
    let login = Login::new();
    for (line, wanted) in [
        ("echo a  b", "a b\n"),
        ("echo 'a  b' \"c  d\" e\\ f", "a  b c  d e f\n"),
        ("printf '%s|' a'b'\"c\"d '' \"\"", "abcd|||"),
        ("echo 'it'\\''s'", "it's\n"),
        ("echo \"$HOME\" '$HOME' \\$HOME", "/home/ubuntu $HOME $HOME\n"),
        ("A='x  y'; echo $A \"$A\"", "x y x  y\n"),
        ("echo \"\\\"q\\\" \\n \\\\\"", "\"q\" \\n \\\n"),
        ("echo a#b # comment", "a#b\n"),
        ("echo ${X:-none} ${HOME:+yes} ${X-}.", "none yes .\n"),
        ("echo $(echo one; echo two) `echo three`", "one two three\n"),
        ("echo \"$(printf 'a\\n\\n')\"z", "az\n"),
        ("echo a\\\nb", "ab\n"),
        ("sh -c 'echo $0 $1 \"$@\" $#' name 'x y' z", "name x y x y z 2\n"),
        ("sh -c 'printf \"%s|\" \"$@\"' name 'x y' z", "x y|z|"),
        ("echo ~ ~/x '~'", "/home/ubuntu /home/ubuntu/x ~\n"),
        ("cat <<EOF\na $HOME\nb\nEOF\n", "a /home/ubuntu\nb\n"),
        ("cat <<'EOF' && echo done\na $HOME\nEOF\n", "a $HOME\ndone\n"),
        ("for x in a 'b c'; do echo \"<$x>\"; done", "<a>\n<b c>\n"),
        ("if false; then echo 1; elif true; then echo 2; else echo 3; fi", "2\n"),
        ("n=; while [ \"$n\" != xxx ]; do n=x$n; done; echo $n", "xxx\n"),
        ("echo if=x -a=b; A=1 printf '%s\n' B=2", "if=x -a=b\nB=2\n"),
        ("echo é ünï", "é ünï\n"),
    ] {
        assert_eq!(login.run(line).await.output, wanted, "{line}");
    }
}

#[tokio::test]
async fn the_exit_status_is_that_of_the_last_command() {
    let login = Login::new();
    for (line, wanted) in [
        ("true", 0),
        ("false", 1),
        ("false; true", 0),
        ("true && false || exit 7", 7),
        ("false && true", 1),
        ("! false", 0),
        ("(exit 3); exit $?", 3),
        ("exit 300", 44),
        ("nosuchprogram", 127),
        ("/no/such/file", 127),
        ("/etc/hostname", 126),
        ("true | false", 1),
        ("false | true", 0),
        ("set -e; false; true", 1),
        ("set -e; false || true; if false; then :; fi; ! true; exit 5", 5),
        ("sh -ec 'false; true'", 1),
        ("X=$(exit 4)", 4),
        ("echo 'open", 2),
        ("echo a | | b", 2),
        ("if true; then", 2),
        ("timeout 0.01 sleep 60", 124),
        ("", 0),
    ] {
        assert_eq!(login.run(line).await.status, Ok(wanted), "{line}");
    }
}

#[tokio::test]
async fn streams_go_where_they_are_sent() {
    let login = Login::new();
    let ran =
        login.run("echo a >/tmp/f; echo b >>/tmp/f; nosuch 2>/tmp/e; cat </tmp/f; cat /tmp/e >&2").await;
    assert_eq!(ran.output, "a\nb\n");
    assert_eq!(ran.error, "bash: line 1: nosuch: command not found\n");
    assert_eq!(login.ok("{ echo out; nosuch || true; } 2>&1 | wc -l").await, "2\n");
    assert_eq!(login.ok("nosuch >/dev/null 2>&1 || echo quiet").await, "quiet\n");
    assert_eq!(login.feed("cat", b"bytes \xFF").await.output, "bytes \u{FFFD}");
    assert_eq!(login.feed("read a b; echo $b; cat", b"1 2 3\nrest").await.output, "2 3\nrest");
    assert_eq!(
        login.feed("umask 077; tee /tmp/t >/dev/null; stat -c '%a %s' /tmp/t", b"12345").await.output,
        "600 5\n"
    );
    assert_eq!(
        login.run("echo x >/nowhere/f").await.error,
        "bash: line 1: /nowhere/f: No such file or directory\n"
    );
    assert_eq!(login.run("echo x >/etc/passwd").await.status, Ok(1));
}

#[tokio::test]
async fn a_script_may_come_from_a_file_or_from_the_input() {
    let login = Login::new();
    assert_eq!(login.feed("sh", b"echo hello; exit 3").await.status, Ok(3));
    assert_eq!(login.feed("sh -s", b"echo hello").await.output, "hello\n");
    assert_eq!(
        login
            .ok("printf '#!/bin/sh\\necho ran $1\\n' >/tmp/s; chmod +x /tmp/s; /tmp/s it; sh /tmp/s again")
            .await,
        "ran it\nran again\n"
    );
}

#[tokio::test]
async fn files_are_made_moved_and_removed() {
    let login = Login::new();
    let folder = login.ok("mktemp -d").await;
    let folder = folder.trim();
    assert!(folder.starts_with("/tmp/tmp."), "{folder}");
    login
        .ok(&format!("cd {folder} && mkdir -p a/b && echo x >a/b/f && mv a c && test -f c/b/f && [ ! -e a ]"))
        .await;
    assert_eq!(login.run(&format!("rm {folder}/c")).await.status, Ok(1));
    login.ok(&format!("rm -rf {folder} && ! test -d {folder}")).await;
    login.ok("sudo sh -c 'umask 077; echo secret >/tmp/s'").await;
    assert_eq!(login.run("cat /tmp/s").await.error, "cat: /tmp/s: Permission denied\n");
    assert_eq!(login.ok("sudo -n cat /tmp/s").await, "secret\n");
}

#[tokio::test]
async fn what_the_shell_does_not_know_it_says() {
    let login = Login::new();
    for line in
        ["echo *", "echo $((1+1))", "case x in x) ;; esac", "cat <<-EOF\nEOF\n", "grep 'a.*b' /etc/hostname"]
    {
        let ran = login.run(line).await;
        assert_eq!(ran.status, Ok(2), "{line}: {ran:?}");
        assert!(!ran.error.is_empty(), "{line}");
    }
}

#[tokio::test]
async fn no_line_makes_the_shell_panic_or_run_for_ever() {
    let login = Login::new();
    for line in [
        "while :; do :; done".to_owned(),
        "f() { f; }; f".to_owned(),
        "(".repeat(100_000),
        "$(".repeat(1000),
        "`".repeat(1001),
        "\"".repeat(1001),
        "sh -c \"$0\"".to_owned(),
        "x".repeat(200_000),
        "${".repeat(500),
        "cat <<A <<B\n1\nA\n2\nB\n".to_owned(),
        "{ ".repeat(1000),
        "if ".repeat(1000),
    ] {
        let _ = login.run(&line).await;
    }
    let signs = [
        "a", " ", "'", "\"", "\\", "$", "(", ")", "{", "}", "<", ">", "&", "|", ";", "\n", "`", "if", "then",
        "fi", "do", "2", "~", "!", "é", "=", "-", "?", "exit 1",
    ];
    let mut seed = 0x9E37_79B9_7F4A_7C15_u64;
    for _ in 0..5000 {
        let mut line = String::new();
        for _ in 0..12 {
            seed ^= seed << 13;
            seed ^= seed >> 7;
            seed ^= seed << 17;
            line.push_str(signs[seed as usize % signs.len()]);
        }
        let _ = login.run(&line).await;
    }
}

#[tokio::test]
async fn nothing_of_the_real_machine_can_be_reached() {
    let folder = tempfile::tempdir().unwrap();
    let real = folder.path().join("real");
    std::fs::write(&real, "real").unwrap();
    let (login, real) = (Login::new(), real.display().to_string());
    for line in [
        format!("cat {real}"),
        format!("sudo cat {real}"),
        format!("sudo cat ../../../../..{real}"),
        format!("cat < {real}"),
        format!("cp {real} /tmp/x"),
        format!("dd if={real}"),
    ] {
        let ran = login.run(&line).await;
        assert!(ran.status != Ok(0) && !ran.output.contains("real"), "{line}: {ran:?}");
    }
    login
        .run(&format!(
            "sudo mkdir -p {}; sudo sh -c 'echo other >{real}'; sudo rm -rf {real}",
            folder.path().display()
        ))
        .await;
    assert_eq!(std::fs::read_to_string(&real).unwrap(), "real");
}

#[tokio::test]
async fn our_shell_says_what_the_systems_own_says() {
    for line in LINES {
        let folder = tempfile::tempdir().unwrap();
        let real = std::process::Command::new("/bin/sh")
            .args(["-c", line])
            .current_dir(folder.path())
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("T", folder.path())
            .output()
            .expect("a POSIX system has /bin/sh");
        let login = Login::new();
        login.ok("mkdir /tmp/t").await;
        // Of the variables of our login shell only T is set there.
        let ours = login.run(&format!("T=/tmp/t; HOME=; {line}")).await;
        assert_eq!(ours.output, String::from_utf8_lossy(&real.stdout), "{line}: {ours:?}");
        assert_eq!(ours.status.ok().map(i32::from), real.status.code(), "{line}: {ours:?}");
    }
}
