//! The shell: words, streams, statuses.

use super::double::Login;

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
