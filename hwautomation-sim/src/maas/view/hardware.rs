//! What a machine is made of: unknown until a commissioning has looked.

use crate::maas::API;
use crate::model::hardware::Hardware;
use crate::model::machine::Machine;
use serde_json::{Map, Value, json};

/// What `hardware_info` lists, and what it says before a commissioning.
const UNKNOWN: &str = "Unknown";
/// The size of a disk's block in bytes.
const BLOCK_SIZE: u64 = 512;

pub(super) fn of(machine: &Machine, place: usize) -> Value {
    if machine.record.hardware_known { known(machine, place) } else { unknown() }
}

fn unknown() -> Value {
    json!({
        "hardware_uuid": null, "hardware_info": info(None), "bios_boot_method": null,
        "cpu_count": 0, "cpu_speed": 0, "memory": 0, "storage": 0.0,
        "numanode_set": [{"index": 0, "memory": 0, "cores": [], "hugepages_set": []}],
        "boot_disk": null, "blockdevice_set": [], "physicalblockdevice_set": [],
    })
}

fn known(machine: &Machine, place: usize) -> Value {
    let hardware = &machine.hardware;
    let disks: Vec<Value> =
        (1..).zip(&hardware.disks).map(|(number, disk)| of_disk(machine, place, number, disk)).collect();
    let bytes: u64 = hardware.disks.iter().map(|(_, size)| size).sum();
    let cores: Vec<u32> = (0..hardware.cpu_count).collect();
    json!({
        "hardware_uuid": hardware.uuid, "hardware_info": info(Some(hardware)), "bios_boot_method": "uefi",
        "cpu_count": hardware.cpu_count, "cpu_speed": hardware.cpu_speed, "memory": hardware.memory_mib,
        "storage": bytes as f64 / 1e6,
        "numanode_set": [{"index": 0, "memory": hardware.memory_mib, "cores": cores, "hugepages_set": []}],
        "boot_disk": disks.first(), "blockdevice_set": disks, "physicalblockdevice_set": disks,
    })
}

fn info(hardware: Option<&Hardware>) -> Map<String, Value> {
    let text = |of: fn(&Hardware) -> &str| json!(hardware.map_or(UNKNOWN, of));
    let entries = [
        ("system_vendor", text(|hardware| &hardware.vendor)),
        ("system_product", text(|hardware| &hardware.product)),
        ("system_serial", text(|hardware| &hardware.serial)),
        ("cpu_model", text(|hardware| &hardware.cpu_model)),
        ("mainboard_vendor", text(|hardware| &hardware.vendor)),
        ("mainboard_product", text(|hardware| &hardware.board)),
        ("mainboard_firmware_version", text(|hardware| &hardware.bios_version)),
        ("mainboard_firmware_date", text(|hardware| &hardware.bios_date)),
        ("chassis_vendor", text(|hardware| &hardware.vendor)),
    ];
    let silent = [
        "system_family",
        "system_version",
        "system_sku",
        "mainboard_serial",
        "mainboard_version",
        "mainboard_firmware_vendor",
        "chassis_type",
        "chassis_serial",
        "chassis_version",
    ];
    let silent = silent.into_iter().map(|name| (name, json!(UNKNOWN)));
    entries.into_iter().chain(silent).map(|(name, value)| (name.to_owned(), value)).collect()
}

fn of_disk(machine: &Machine, place: usize, number: usize, (name, size): &(String, u64)) -> Value {
    let system_id = &machine.record.system_id;
    let id = place * 10 + number;
    json!({
        "id": id, "system_id": system_id, "name": name, "type": "physical", "size": size, "block_size": BLOCK_SIZE,
        "available_size": size, "used_size": 0, "used_for": "Unused", "path": format!("/dev/disk/by-dname/{name}"),
        "id_path": null, "model": "", "serial": "", "firmware_version": null, "numa_node": 0, "tags": [],
        "uuid": null, "filesystem": null, "partition_table_type": null, "partitions": [], "storage_pool": null,
        "resource_uri": format!("{API}nodes/{system_id}/blockdevices/{id}/"),
    })
}
