//! The programs that touch the machine, and the faults.

use std::net::Ipv4Addr;

use super::double::{Double, Login};
use crate::fault::{Action, Refusal};
use crate::host::shell::Ended;
use crate::log::Outcome;

const SUM: &str = "/opt/supermicro/sum/sum";

fn file(setting: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><BiosCfg><Menu name=\"Advanced\"><Menu name=\"Boot Feature\">{setting}</Menu></Menu></BiosCfg>"
    )
}

const QUIET_OFF: &str = "<Setting name=\"Quiet Boot\" checkedStatus=\"Unchecked\" type=\"CheckBox\"/>";
const UNKNOWN: &str = "<Setting name=\"Loud Boot\" checkedStatus=\"Unchecked\" type=\"CheckBox\"/>";
const BAD_MODE: &str = "<Setting name=\"Boot Mode\" selectedOption=\"TRIPLE\" type=\"Option\"/>";

async fn change(login: &Login, settings: &str, flags: &str) -> (u8, String) {
    let ran = login
        .feed(
            &format!("cat >/tmp/c.xml && sudo {SUM} -c ChangeBiosCfg --file /tmp/c.xml {flags}"),
            file(settings).as_bytes(),
        )
        .await;
    (ran.status.unwrap(), ran.output)
}

#[tokio::test]
async fn the_vendors_tool_prints_its_banner_and_then_the_configuration() {
    let text = Login::new().ok(&format!("sudo {SUM} -c GetCurrentBiosCfg")).await;
    let (banner, xml) = text.split_once("\n\n").unwrap();
    assert!(banner.starts_with("Supermicro Update Manager (for UEFI BIOS) 2.5.0"), "{banner}");
    assert!(xml.starts_with("<?xml version=\"1.0\" encoding=\"ISO-8859-1\""), "{xml}");
    assert!(
        xml.contains("<Setting name=\"Quiet Boot\" checkedStatus=\"Checked\" type=\"CheckBox\">"),
        "{xml}"
    );
}

#[tokio::test]
async fn the_vendors_tool_answers_with_its_documented_codes() {
    let login = Login::new();
    login.ok("touch /tmp/there").await;
    for (words, wanted) in [
        ("-c GetCurrentBiosCfg --file /tmp/there", 9),
        ("-c GetCurrentBiosCfg --file /tmp/there --overwrite", 0),
        ("-c GetCurrentBiosCfg --file /no/such/folder", 8),
        ("-c ChangeBiosCfg --file /tmp/missing", 8),
        ("-c ChangeBiosCfg", 5),
        ("-c NoSuchCommand", 6),
        ("-c", 3),
        ("--file", 3),
        ("--sideways", 2),
        ("-c GetCurrentBiosCfg --reboot", 7),
        ("-i 10.0.0.1 -u ADMIN -p x -c GetCurrentBiosCfg", 145),
        ("-c QueryProductKey", 80),
        ("-c CheckOOBSupport", 0),
        ("-c GetBiosInfo", 0),
        ("", 5),
    ] {
        let ran = login.run(&format!("sudo {SUM} {words}")).await;
        assert_eq!(ran.status, Ok(wanted), "{words}: {ran:?}");
        assert_eq!(
            ran.output.contains(&format!("ExitCode                = {wanted}\n")),
            wanted != 0,
            "{words}: {ran:?}"
        );
    }
    assert_eq!(login.run(&format!("{SUM} -c GetCurrentBiosCfg")).await.status, Ok(100), "without root");
}

#[tokio::test]
async fn the_sum_in_the_path_is_another_program() {
    let login = Login::new();
    let ran = login.run("sudo sum -c GetCurrentBiosCfg").await;
    assert_eq!(ran.status, Ok(1));
    assert!(ran.error.starts_with("sum: invalid option -- 'c'"), "{ran:?}");
    assert_eq!(login.feed("sum", b"hello\n").await.output, "36979     1\n");
}

#[tokio::test]
async fn a_change_comes_into_force_at_the_next_boot_only() {
    let login = Login::new();
    let (status, text) = change(&login, QUIET_OFF, "").await;
    assert_eq!(status, 0);
    assert!(text.contains("Note: You have to reboot"), "{text}");
    let read = format!("sudo {SUM} -c GetCurrentBiosCfg | grep Quiet");
    assert!(login.ok(&read).await.contains("\"Checked\""));
    login.double.boot();
    let login = Login::on(login.double.clone());
    assert!(login.ok(&read).await.contains("\"Unchecked\""));
    assert!(login.double.log().contains(&("sum ChangeBiosCfg".to_owned(), Outcome::TookEffect)));
}

#[tokio::test]
async fn all_changes_are_staged_or_none_and_the_wrong_ones_are_named() {
    let login = Login::new();
    let (status, text) = change(&login, &format!("{QUIET_OFF}{UNKNOWN}{BAD_MODE}"), "").await;
    assert_eq!(status, 60);
    assert!(text.contains("Advanced|Boot Feature|Loud Boot\" is not found"), "{text}");
    assert!(text.contains("option \"TRIPLE\" is not available"), "{text}");
    assert!(login.double.with(|state| state.bios.pending.is_empty()));
    assert_eq!(change(&login, &format!("{QUIET_OFF}{BAD_MODE}"), "--skip_unknown").await.0, 60);
    assert_eq!(change(&login, &format!("{QUIET_OFF}{UNKNOWN}"), "--skip_unknown").await.0, 0);
    assert_eq!(login.double.with(|state| state.bios.pending.len()), 1);
    assert_eq!(change(&login, "<Setting", "").await.0, 60);
}

#[tokio::test]
async fn the_lan_is_printed_and_set_by_root_on_its_channel_alone() {
    let login = Login::new();
    let text = login.ok("sudo ipmitool lan print 1").await;
    for line in [
        "IP Address Source       : Static Address\n",
        "IP Address              : 10.1.0.1\n",
        "802.1q VLAN ID          : Disabled\n",
    ] {
        assert!(text.contains(line), "{text}");
    }
    assert_eq!(
        login.ok("sudo ipmitool lan set 1 ipaddr 10.0.0.9").await,
        "Setting LAN IP Address to 10.0.0.9\n"
    );
    assert_eq!(login.double.with(|state| state.lan.address), Ipv4Addr::new(10, 0, 0, 9));
    assert!(login.double.log().contains(&("set lan: ip 10.0.0.9".to_owned(), Outcome::TookEffect)));
    assert_eq!(login.run("sudo ipmitool lan print 2").await.error, "Channel 2 is not a LAN channel!\n");
    assert_eq!(login.run("sudo ipmitool lan set 1 ipaddr ten").await.status, Ok(1));
    assert!(login.run("ipmitool lan print 1").await.error.starts_with("Could not open device"));
    assert!(login.ok("sudo ipmitool mc info").await.contains("Firmware Revision         : 3.08\n"));
    assert!(
        login
            .ok("sudo ipmitool user list 1")
            .await
            .contains("2   ADMIN            false   false      true       ADMINISTRATOR\n")
    );
}

#[tokio::test]
async fn only_root_reboots() {
    let login = Login::new();
    assert_eq!(login.run("reboot").await.status, Ok(1));
    assert_eq!(login.double.log(), [("reboot".to_owned(), Outcome::Refused)]);
    login.ok("sudo systemctl reboot").await;
    assert_eq!(login.double.with(|state| state.boot), Some(2));
    login.ok("sudo shutdown -r now").await;
    assert_eq!(login.double.with(|state| state.boot), Some(3));
    assert_eq!(login.run("sudo shutdown -r +5").await.status, Ok(1));
    login.ok("sudo poweroff").await;
    assert_eq!(login.double.with(|state| state.boot), None);
}

#[tokio::test]
async fn a_lost_answer_took_effect_and_a_dropped_command_did_not() {
    let login = Login::new();
    login.double.rule("lan set", Action::LoseAnswer);
    let ran = login.run("echo before; sudo ipmitool lan set 1 ipaddr 10.0.0.9; echo after").await;
    assert_eq!((ran.status, ran.output.as_str()), (Err(Ended::Lost), "before\n"));
    assert_eq!(login.double.with(|state| state.lan.address), Ipv4Addr::new(10, 0, 0, 9));
    login.double.rule("lan set", Action::Drop);
    assert_eq!(login.run("sudo ipmitool lan set 1 ipaddr 10.0.0.10").await.status, Err(Ended::Lost));
    assert_eq!(login.double.with(|state| state.lan.address), Ipv4Addr::new(10, 0, 0, 9));
    assert_eq!(login.double.log().last(), Some(&("set lan: ipaddr 10.0.0.10".to_owned(), Outcome::Refused)));
}

#[tokio::test]
async fn a_refusal_is_said_and_a_pretence_changes_nothing() {
    let double = Double::new();
    let login = Login::on(double.clone());
    double.rule(
        "sum GetCurrentBiosCfg",
        Action::Refuse(Refusal::Exit { status: 106, text: "driver busy\n".to_owned() }),
    );
    let ran = login.run(&format!("sudo {SUM} -c GetCurrentBiosCfg")).await;
    assert_eq!((ran.status, ran.error.as_str()), (Ok(106), "driver busy\n"));
    double.rule("sum ChangeBiosCfg", Action::AcceptWithoutEffect);
    let (status, text) = change(&login, QUIET_OFF, "").await;
    assert!(status == 0 && text.contains("is updated"), "{text}");
    assert!(double.with(|state| state.bios.pending.is_empty()));
    assert_eq!(double.log().last(), Some(&("sum ChangeBiosCfg".to_owned(), Outcome::Ignored)));
}

#[tokio::test]
async fn what_runs_in_the_background_ends_with_the_boot() {
    let login = Login::new();
    let state = login.double.clone();
    login.ok("(sleep 60; sudo ipmitool lan set 1 ipaddr 10.9.9.9) & echo started").await;
    state.with(|state| state.boot = None);
    tokio::time::pause();
    tokio::time::advance(std::time::Duration::from_secs(120)).await;
    tokio::task::yield_now().await;
    assert_eq!(state.with(|state| state.lan.address), Ipv4Addr::new(10, 1, 0, 1));
}
