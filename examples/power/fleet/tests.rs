use super::*;

fn fleet(sockets: &[&str]) -> Fleet {
    let login = Login {
        username: "ADMIN".to_owned(),
        password: SecretRef::new("env:NAME").unwrap(),
        kg: None,
        by_privilege: false,
    };
    let found = |(number, socket): (usize, &&str)| {
        let missing = || Err(Error::not_found("it has no address"));
        (format!("host{number}"), socket.parse().map_or_else(|_| missing(), Ok))
    };
    Fleet::new(sockets.iter().enumerate().map(found).collect(), &login).unwrap()
}

fn nominal(fleet: &Fleet) -> Vec<String> {
    fleet.machines.iter().map(|machine| machine.addresses.bmc.unwrap().to_string()).collect()
}

#[test]
fn a_bmc_at_the_usual_port_needs_no_way() {
    let fleet = fleet(&["10.0.0.1:623", "[fd00::1]:623"]);
    assert_eq!(nominal(&fleet), ["10.0.0.1", "fd00::1"]);
    assert_eq!(fleet.connect(), ConnectMap::default());
}

#[test]
fn bmcs_behind_one_address_are_told_apart_and_reached() {
    let fleet = fleet(&["10.0.0.1:9001", "10.0.0.1:623", "10.0.0.1:9002", "10.0.0.2:9001"]);
    assert_eq!(nominal(&fleet), ["100::1", "10.0.0.1", "100::3", "10.0.0.2"]);
    let reached = fleet
        .machines
        .iter()
        .map(|machine| fleet.connect().resolve(SocketAddr::new(machine.addresses.bmc.unwrap(), PORT)));
    assert!(reached.eq(fleet.sockets.iter().copied()), "{:?}", fleet.connect());
}

#[test]
fn two_names_of_one_bmc_are_one_machine_and_a_host_without_an_address_keeps_its_place() {
    let fleet = fleet(&["10.0.0.1:623", "nowhere", "10.0.0.1:623", "10.0.0.2:623"]);
    assert_eq!(fleet.hosts, ["host0", "host1", "host3"]);
    assert_eq!(fleet.places, [0, 2]);
    assert_eq!(fleet.lost.iter().map(|(place, _)| *place).collect::<Vec<_>>(), [1]);
    assert_eq!(fleet.aliases, [("host2".to_owned(), "host0".to_owned())]);
}

#[test]
fn a_machine_says_where_its_secrets_lie() {
    let login = Login {
        username: "root".to_owned(),
        password: SecretRef::new("file:/secret").unwrap(),
        kg: Some(SecretRef::new("env:KG").unwrap()),
        by_privilege: true,
    };
    let machine = machine("u1", &login).unwrap();
    assert_eq!(machine.credential("bmc").unwrap().to_string(), "file:/secret");
    let settings = &machine.settings[&PluginName::from_static("ipmi")];
    assert_eq!(settings["kg"], "env:KG");
    assert_eq!(
        (&settings["username"], &settings["quirks"]),
        (&json!("root"), &json!(["name_and_privilege"]))
    );
    assert!(super::machine(&"u".repeat(129), &login).is_err());
}

#[test]
fn an_error_names_the_address_at_which_the_bmc_is() {
    let fleet = fleet(&["10.0.0.1:9001", "10.0.0.1:9002"]);
    let error = Error::invalid("reading of machine host1 through its BMC at 100::2: nobody answered");
    let ours = fleet.in_our_words(1, ErrorRecord::from(&error));
    assert_eq!(ours.message, "reading of machine host1 through its BMC at 10.0.0.1:9002: nobody answered");
    let silent = Error::invalid("nobody answered").with_remedy("check that UDP port 623 is open on the way");
    let ours = fleet.in_our_words(1, ErrorRecord::from(&silent));
    assert_eq!(ours.remedy.as_deref(), Some("check that UDP port 9002 is open on the way"));
}
