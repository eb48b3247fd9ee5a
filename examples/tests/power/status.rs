//! Reading the power of many machines.

use crate::lab::{Server, bare, farm, left_no_session, power};
use hwautomation_sim::{FarmFault, Power};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn status_is_an_aligned_table_in_the_order_that_was_asked() {
    let (farm, _) = farm(10).await;
    let (port, second) = (farm.port(), farm.addresses().nth(1).unwrap());
    farm.set_power(second, Power::On);
    let run = power(&format!("status 127.64.0.10:{port} 127.64.0.[1-2]:{port}")).await.ended(0);
    let expected = format!(
        "HOST{pad}STATE\n127.64.0.10:{port}  off\n127.64.0.1:{port}   off\n127.64.0.2:{port}   on\n",
        pad = " ".repeat(9 + port.to_string().len() + 1)
    );
    assert_eq!(run.out, expected, "{run:#?}");
    assert!(run.err.contains("3 hosts in ") && run.err.contains("2 off, 1 on"), "{run:#?}");
    left_no_session(&farm);
}

#[tokio::test(flavor = "multi_thread")]
async fn json_has_a_line_for_each_host() {
    let (farm, hosts) = farm(20).await;
    let run = power(&format!("status --json {hosts}")).await.ended(0);
    assert_eq!(run.lines().len(), 20);
    let host = format!("127.64.0.7:{}", farm.port());
    let line = run.line(&host);
    assert!(line["seconds"].as_f64().is_some_and(|seconds| seconds < 10.0), "{line}");
    let expected =
        json!({"host": host, "command": "status", "ok": true, "power": "off", "seconds": line["seconds"]});
    assert_eq!(line, expected);
    left_no_session(&farm);
}

#[tokio::test(flavor = "multi_thread")]
async fn equal_answers_fold_into_a_list_of_hosts() {
    let (farm, hosts) = farm(30).await;
    farm.addresses().take(20).for_each(|address| farm.set_power(address, Power::On));
    let run = power(&format!("status --fold {hosts}")).await.ended(0);
    let port = farm.port();
    let rows = format!("   20  on     127.64.0.[1-20]:{port}\n   10  off    127.64.0.[21-30]:{port}\n");
    assert!(run.out.ends_with(&rows), "{run:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_host_is_told_and_holds_up_nobody() {
    let (farm, hosts) = farm(12).await;
    farm.afflict(farm.addresses().nth(4).unwrap(), FarmFault::BlackHole);
    let run = power(&format!("status --json --timeout 3s --at-once 1 {hosts}")).await.ended(1);
    let dead = format!("127.64.0.5:{}", farm.port());
    let error = &run.line(&dead)["error"];
    assert_eq!((&error["kind"], &error["class"]), (&json!("unreachable"), &json!("transient")));
    assert!(
        error["remedy"].as_str().is_some_and(|remedy| remedy.contains("check the BMC's address")),
        "{error}"
    );
    let good = run.lines().into_iter().filter(|line| line["host"] != dead.as_str());
    for line in good {
        let quick = line["seconds"].as_f64().is_some_and(|seconds| seconds < 3.0);
        assert!(line["ok"] == true && quick, "{line}");
    }
    assert_eq!(run.lines().last().unwrap()["host"], dead.as_str(), "the others were printed before it");
    assert!(run.err.contains("11 off, 1 unreachable"), "{run:#?}");
    left_no_session(&farm);
}

#[tokio::test(flavor = "multi_thread")]
async fn where_nobody_answers_the_exit_status_says_so() {
    let (farm, hosts) = farm(3).await;
    farm.addresses().for_each(|address| farm.afflict(address, FarmFault::BlackHole));
    let run = power(&format!("status --timeout 300ms {hosts},nosuch.invalid")).await.ended(3);
    assert!(run.out.contains("unreachable  nobody answered within 300 ms"), "{run:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_does_not_resolve_is_its_own_error() {
    let (farm, hosts) = farm(2).await;
    let run = power(&format!("status --json nosuch.invalid,{hosts}")).await.ended(1);
    let error = &run.line("nosuch.invalid")["error"];
    assert_eq!(error["kind"], "not_found");
    assert!(
        error["message"].as_str().is_some_and(|why| why.contains("nosuch.invalid does not resolve")),
        "{error}"
    );
    assert_eq!(run.lines().iter().filter(|line| line["ok"] == true).count(), 2);
    left_no_session(&farm);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_is_one_try_and_its_remedy_names_our_options() {
    let server = Server::start(Power::On).await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("password");
    std::fs::write(&file, "not-the-password\n").unwrap();
    let line = format!("status --json --user ADMIN --password-file {} {}", file.display(), server.host);
    let run = bare(&line).await.ended(1);
    let error = &run.line(&server.host)["error"];
    assert_eq!((&error["kind"], &error["class"]), (&json!("unauthorized"), &json!("permanent")));
    assert!(error["remedy"].as_str().is_some_and(|remedy| remedy.contains("--password-file")), "{error}");
    let place = format!("its BMC at {}", server.host);
    assert!(error["message"].as_str().is_some_and(|message| message.contains(&place)), "{error}");
    assert_eq!(server.reached("rakp 1").len(), 1, "{:#?}", server.rack.log());
    assert!(!run.out.contains("not-the-password") && !run.err.contains("not-the-password"), "{run:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn it_can_be_tried_without_any_bmc() {
    let run = bare("status --simulate 50").await.ended(0);
    assert_eq!(run.out.lines().count(), 51, "{run:#?}");
    assert!(run.err.contains("34 on, 16 off"), "{run:#?}");
    let run = bare("status --simulate 5 --fold 127.64.0.[4-5]").await.ended(0);
    assert!(run.out.contains("1  on     127.64.0.4"), "{run:#?}");
}
