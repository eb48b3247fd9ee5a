//! Which hosts are asked, and what is refused before anybody is.

use crate::lab::{as_user, bare, farm, power, with_input};

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_meant_is_refused_with_what_and_why() {
    for (line, what, why) in [
        ("status u[3-1]", "in u[3-1]: the range 3-1 runs backwards", "[1-3]"),
        ("status u[1-4", "the bracket at character 2 is not closed", "each in a bracket"),
        ("status u[]", "the range \"\" is empty", "write a number"),
        ("status u[1-70000]", "stands for 70000 hosts, and 65536 are the most", "several calls"),
        ("status ^no-such-file", "reading the hosts in no-such-file", "can be read"),
        ("status u1 --suites 0", "lets anybody in without a password", "17"),
        ("status u1,u2:0", "u2:0 is neither a name nor an address with a port", "name:623"),
        ("off 10.0.0.1:99999", "10.0.0.1:99999 is neither", "1 to 65535"),
        ("boot u1 pxe", "pxe is taken for a host", "--device pxe"),
        ("boot --device pxe cd --persistent", "cd is taken for a host", "--device cd"),
    ] {
        let run = power(line).await.ended(2);
        assert!(run.err.contains(what) && run.err.contains(why), "{line}: {run:#?}");
        assert_eq!(run.out, "", "{line}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_logs_in_must_be_said() {
    for (line, what) in [
        ("status u1", "no BMC user is named"),
        ("status u1 --user seventeen-letters", "has 17 bytes"),
        ("status --simulate 1 --user=", "no BMC user is named"),
        ("status u1 --user me", "nobody said the password of me"),
        ("status u1 --user me --password-env NO_SUCH_VARIABLE", "env:NO_SUCH_VARIABLE"),
        ("status u1 --user me --password-env PATH", "env:PATH has "),
        ("status", "required"),
        ("status u1 --password secret", "unexpected argument"),
        ("status u1 --user me --password-file a --password-env B", "cannot be used with"),
        ("off u1 --wait x", "is no time"),
    ] {
        let run = bare(line).await.ended(2);
        assert!(run.err.contains(what), "{line}: {run:#?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn hosts_come_from_arguments_files_and_standard_input_and_each_is_asked_once() {
    let (farm, _) = farm(8).await;
    let (port, folder) = (farm.port(), tempfile::tempdir().unwrap());
    let file = folder.path().join("hosts");
    std::fs::write(&file, format!("# the second rack\n127.64.0.[3-4]:{port}  127.64.0.1:{port}\n")).unwrap();
    let line = format!("status --json 127.64.0.[1-2]:{port} ^{} -", file.display());
    let run =
        with_input(&as_user(&line), &format!("127.64.0.5:{port}\n127.64.0.[5-6]:{port}\n")).await.ended(0);
    assert_eq!(run.lines().len(), 6, "{run:#?}");
    let told = format!("named more than once, asked once: 127.64.0.[1,5]:{port}");
    assert!(run.err.contains(&told), "{run:#?}");
    assert_eq!(farm.total().log_ins, 6);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_names_of_one_bmc_are_one_bmc() {
    let (farm, _) = farm(1).await;
    let port = farm.port();
    let run = power(&format!("on 127.64.0.1:{port} 127.64.0.1:0{port}")).await.ended(0);
    assert!(
        run.err.contains(&format!("127.64.0.1:0{port} is the same BMC as 127.64.0.1:{port}")),
        "{run:#?}"
    );
    assert_eq!(farm.total().power_commands, 1, "{run:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_help_tells_how_hosts_are_written_and_what_the_exit_status_means() {
    let run = bare("status --help").await.ended(0);
    for told in ["rack[1-4]-u[01-40]", "Exit status", "not one BMC answered", "--password-file"] {
        assert!(run.out.contains(told), "{told}: {run:#?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_whom_a_bmc_does_not_have_is_told_in_options() {
    let run = bare("status --simulate 1 --user nobody").await.ended(1);
    assert!(run.err.contains("name with --user a user whom the BMC has"), "{run:#?}");
    assert!(!run.err.contains("settings") && !run.err.contains("quirks"), "{run:#?}");
}
