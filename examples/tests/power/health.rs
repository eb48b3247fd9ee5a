//! Sensors, event logs and lamps.

use crate::lab::{farm, left_no_session, power};
use hwautomation_sim::{BmcFarm, FarmFault, Identify, Power};
use serde_json::json;

/// A farm whose machines are on; the second one's first processor is too hot.
async fn hot_farm() -> (BmcFarm, String) {
    let (farm, hosts) = farm(3).await;
    farm.addresses().for_each(|address| farm.set_power(address, Power::On));
    let hot = farm.addresses().nth(1).unwrap();
    farm.change(hot, |machine| machine.bmc.sensors[0].set_value(91.0));
    (farm, hosts)
}

#[tokio::test(flavor = "multi_thread")]
async fn sensors_are_a_table_with_units_limits_and_health() {
    let (farm, hosts) = hot_farm().await;
    let run = power(&format!("sensors {hosts}")).await.ended(0);
    let of = |host: &str, sensor: &str| {
        let host = format!("{host}:{}", farm.port());
        let line = run.out.lines().find(|line| line.starts_with(&host) && line.contains(sensor));
        line.unwrap_or_else(|| panic!("{run:#?}")).split_whitespace().skip(1).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(of("127.64.0.1", "CPU1"), "CPU1 Temp 42 °C ok warn ≥85 crit ≥90 nr ≥95");
    assert_eq!(of("127.64.0.2", "CPU1"), "CPU1 Temp 91 °C critical warn ≥85 crit ≥90 nr ≥95");
    assert_eq!(of("127.64.0.3", "PS1"), "PS1 Status present ok");
    assert!(run.err.contains("2 ok, 1 critical"), "{run:#?}");
    left_no_session(&farm);
}

#[tokio::test(flavor = "multi_thread")]
async fn problems_are_what_is_bad_and_the_exit_status_tells() {
    let (farm, hosts) = hot_farm().await;
    let last = farm.addresses().nth(2).unwrap();
    farm.set_power(last, Power::Off);
    let run = power(&format!("sensors --problems --json {hosts}")).await.ended(1);
    let hot = run.line(&format!("127.64.0.2:{}", farm.port()));
    let names: Vec<_> =
        hot["sensors"].as_array().unwrap().iter().map(|sensor| sensor["name"].clone()).collect();
    assert_eq!(
        (names, &hot["health"], &hot["ok"]),
        (vec![json!("CPU1 Temp")], &json!("critical"), &json!(false))
    );
    let fine = run.line(&format!("127.64.0.1:{}", farm.port()));
    assert_eq!((&fine["sensors"], &fine["health"], &fine["ok"]), (&json!([]), &json!("ok"), &json!(true)));
    let unread = format!("sensors without a reading are not shown: 127.64.0.3:{}", farm.port());
    assert!(run.err.contains(&unread), "{run:#?}");
    power(&format!("sensors --problems 127.64.0.1:{}", farm.port())).await.ended(0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fleet_folds_by_its_health() {
    let (farm, hosts) = hot_farm().await;
    farm.afflict(farm.addresses().next().unwrap(), FarmFault::BlackHole);
    let run = power(&format!("sensors --fold --timeout 500ms {hosts}")).await.ended(1);
    assert!(run.out.contains("CPU1 Temp 91 °C (critical)") && run.out.contains("unreachable"), "{run:#?}");
    let plain = power(&format!("sensors --timeout 500ms {hosts}")).await.ended(1);
    assert!(plain.out.contains("unreachable  nobody answered within 500 ms"), "{plain:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn event_logs_are_read_cut_and_cleared_of_what_was_shown() {
    let (farm, hosts) = farm(2).await;
    let first = farm.addresses().next().unwrap();
    [Power::On, Power::Off, Power::On].into_iter().for_each(|power| farm.set_power(first, power));
    let host = format!("127.64.0.1:{}", farm.port());
    let entries = |run: &crate::lab::Run, host: &str| run.line(host)["entries"].as_array().unwrap().clone();
    let all = power(&format!("sel --json {hosts}")).await.ended(0);
    assert_eq!(entries(&all, &host).len(), 3, "{all:#?}");
    assert_eq!(entries(&all, &format!("127.64.0.2:{}", farm.port())).len(), 0);
    let last = power(&format!("sel --json --tail 1 {host}")).await.ended(0);
    assert_eq!(entries(&last, &host), entries(&all, &host)[2..]);

    let table = power(&format!("sel --clear {hosts}")).await.ended(0);
    assert_eq!(table.out.matches("Power Unit").count(), 3, "{table:#?}");
    assert!(table.out.contains(&format!("{host}  cleared")), "{table:#?}");
    assert!(!table.out.contains("127.64.0.2"), "nothing was shown of it: {table:#?}");
    let after = power(&format!("sel --json {host}")).await.ended(0);
    assert!(!after.out.contains("power off"), "{after:#?}");
    power(&format!("sel --tail 1 --clear {host}")).await.ended(2);
    left_no_session(&farm);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lamp_is_lit_and_put_out() {
    let (farm, hosts) = farm(2).await;
    let lamps = || {
        farm.addresses()
            .map(|address| farm.change(address, |machine| machine.bmc.identify))
            .collect::<Vec<_>>()
    };
    let run = power(&format!("identify --forever {hosts}")).await.ended(0);
    assert!(run.err.contains("2 lit"), "{run:#?}");
    assert_eq!(lamps(), [Identify::On, Identify::On]);
    power(&format!("identify --off {hosts}")).await.ended(0);
    assert_eq!(lamps(), [Identify::Off, Identify::Off]);
    power(&format!("identify {hosts}")).await.ended(0);
    assert!(lamps().iter().all(|lamp| matches!(lamp, Identify::Until(_))), "{:?}", lamps());
    power(&format!("identify --for 256s {hosts}")).await.ended(2);
}
