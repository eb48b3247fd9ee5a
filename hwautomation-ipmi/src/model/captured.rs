//! Known answers: what ipmi_sim told ipmitool about its network (`tests/data/ipmitool_suite3_lan.json`).

use super::channel;
use super::command::Command;
use super::lan::{Parameter, Raw};
use crate::wire::{Answer, Request};
use hwautomation_core::plugin::{LanAddressSource, LanSettings};
use serde_json::Value;
use std::net::Ipv4Addr;

/// The LAN channel of that BMC.
const CHANNEL: u8 = 1;

fn messages() -> Vec<Vec<u8>> {
    let text = include_str!("../../tests/data/ipmitool_suite3_lan.json");
    let json: Value = serde_json::from_str(text).unwrap();
    let texts = json["frames"].as_array().unwrap().iter().filter_map(|frame| frame["message"].as_str());
    let byte = |text: &str, at| u8::from_str_radix(&text[at..at + 2], 16).unwrap();
    texts.map(|text| (0..text.len()).step_by(2).map(|at| byte(text, at)).collect()).collect()
}

/// Finds where ipmitool asked the same, and returns what the answer after it says.
fn answered(command: &Command) -> Answer {
    let messages = messages();
    let asks = |message: &[u8]| {
        let head = [message[1] >> 2, message[5]] == [command.netfn, command.number];
        head && message[6..message.len() - 1] == **command.data
    };
    let at = messages.iter().position(|message| asks(message)).expect("it was asked");
    let number = messages[at][4] >> 2;
    let request = Request { netfn: command.netfn, command: command.number, number, data: &command.data };
    Answer::inside(&request, messages[at + 1].clone().into()).unwrap()
}

fn value<const N: usize>(parameter: Parameter) -> [u8; N] {
    let answer = answered(&parameter.ask(CHANNEL));
    assert_eq!(answer.completion, 0);
    parameter.value(&answer.data).unwrap()
}

#[test]
fn the_lan_channel_of_a_real_bmc_is_found() {
    assert_eq!(channel::lan(&answered(&channel::ask(CHANNEL)).data), Some(CHANNEL));
}

#[test]
fn the_network_of_a_real_bmc_is_asked_for_and_read() {
    let raw = Raw {
        source: value(Parameter::Source),
        address: value(Parameter::Address),
        mask: value(Parameter::Mask),
        gateway: value(Parameter::Gateway),
        vlan: None,
    };
    let expected = LanSettings {
        source: LanAddressSource::Static,
        address: Ipv4Addr::new(10, 0, 0, 77),
        subnet_mask: Ipv4Addr::new(255, 255, 0, 0),
        gateway: Some(Ipv4Addr::new(10, 0, 0, 254)),
        vlan: None,
    };
    assert_eq!(raw.settings(), expected);
}
