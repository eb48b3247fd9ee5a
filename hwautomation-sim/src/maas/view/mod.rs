//! A machine as MAAS lists it: the 90 keys of MAAS 3.7.3, those that a bare-metal provisioning changes filled from the model.

mod hardware;
mod interface;

use super::API;
use crate::model::machine::Machine;
use crate::model::record::{Record, ScriptResult};
use crate::model::status::Status;
use serde_json::{Map, Value, json};

/// Returns the machine with a place in the list of all; its numbers in MAAS's database come from that place.
pub(super) fn machine(machine: &Machine, place: usize) -> Value {
    let mut all = Map::new();
    let parts = [identity(machine), state(&machine.record), scripts(&machine.record), fixed()];
    let parts = parts.into_iter().chain([hardware::of(machine, place), interface::of(machine, place)]);
    for part in parts {
        if let Value::Object(part) = part {
            all.extend(part);
        }
    }
    Value::Object(all)
}

fn identity(machine: &Machine) -> Value {
    let Record { system_id, description, power_type, tags, .. } = &machine.record;
    json!({
        "system_id": system_id,
        "hostname": machine.name,
        "fqdn": format!("{}.maas", machine.name),
        "resource_uri": format!("{API}machines/{system_id}/"),
        "description": description,
        "power_type": power_type,
        "tag_names": tags,
    })
}

fn state(record: &Record) -> Value {
    let deployed = record.status == Status::Deployed;
    json!({
        "status": record.status.number(),
        "status_name": record.status.name(),
        "status_message": record.status_message,
        "status_action": record.status_message.as_ref().map(|_| ""),
        "error_description": record.error_description,
        "power_state": record.power_state.text(),
        "owner": record.owner,
        "netboot": !deployed,
        "osystem": if deployed { "ubuntu" } else { "" },
        "distro_series": if deployed { "noble" } else { "" },
        "current_commissioning_result_id": record.current_commissioning_result_id,
        "current_testing_result_id": record.current_testing_result_id,
        "current_installation_result_id": null,
    })
}

fn scripts(record: &Record) -> Value {
    let (commissioning, commissioning_name) = record.commissioning_result.listed();
    let (testing, testing_name) = record.testing_result.listed();
    let (none, unknown) = ScriptResult::None.listed();
    json!({
        "commissioning_status": commissioning,
        "commissioning_status_name": commissioning_name,
        "testing_status": testing,
        "testing_status_name": testing_name,
        "cpu_test_status": none,
        "cpu_test_status_name": unknown,
        "memory_test_status": none,
        "memory_test_status_name": unknown,
        "storage_test_status": none,
        "storage_test_status_name": unknown,
        "network_test_status": none,
        "network_test_status_name": unknown,
        "interface_test_status": none,
        "interface_test_status_name": unknown,
        "other_test_status": none,
        "other_test_status_name": unknown,
    })
}

/// Returns what is the same for every machine here.
fn fixed() -> Value {
    json!({
        "node_type": 0,
        "node_type_name": "Machine",
        "architecture": "amd64/generic",
        "zone": {"id": 1, "name": "default", "description": "", "resource_uri": format!("{API}zones/default/")},
        "pool": {
            "id": 0, "name": "default", "description": "Default pool", "resource_uri": format!("{API}resourcepool/0/"),
        },
        "domain": {
            "id": 0, "name": "maas", "ttl": null, "authoritative": true, "is_default": true, "resource_record_count": 0,
            "resource_uri": format!("{API}domains/0/"),
        },
        "default_gateways": {
            "ipv4": {"gateway_ip": null, "link_id": null}, "ipv6": {"gateway_ip": null, "link_id": null},
        },
        "address_ttl": null, "bcaches": [], "cache_sets": [], "disable_ipv4": false, "enable_hw_sync": false,
        "enable_kernel_crash_dump": false, "ephemeral_deploy": false, "hwe_kernel": null, "is_dpu": false,
        "last_sync": null, "locked": false, "min_hwe_kernel": "", "next_sync": null, "owner_data": {},
        "parent": null, "pod": null, "raids": [], "special_filesystems": [], "swap_size": null,
        "sync_interval": null, "virtualblockdevice_set": [], "virtualmachine_id": null, "volume_groups": [],
        "workload_annotations": {},
    })
}
