//! `dmidecode`: `-s keyword` and `-t type`.

use super::Call;
use crate::host::files::User;
use crate::model::hardware::Hardware;

pub(super) fn dmidecode(call: &mut Call) -> u8 {
    if call.user != User::ROOT {
        call.print("# dmidecode 3.5\n");
        call.error.extend_from_slice(b"/sys/firmware/dmi/tables/smbios_entry_point: Permission denied\nCan't read memory from /dev/mem\n");
        return 1;
    }
    let words = call.rest();
    let facts = call.host.facts().hardware;
    let after = |flags: [&str; 2]| {
        let at = words.iter().position(|word| flags.contains(&word.as_str()))?;
        words.get(at + 1).map(String::as_str)
    };
    match (after(["-s", "--string"]), after(["-t", "--type"])) {
        (Some(keyword), _) => match keyword_value(&facts, keyword) {
            Some(value) => call.print(&format!("{value}\n")),
            None => {
                call.error.extend_from_slice(format!("Invalid string keyword: {keyword}\n").as_bytes());
                return 2;
            }
        },
        (None, Some(kind)) => match table(&facts, kind) {
            Some(text) => call.print(&format!(
                "# dmidecode 3.5\nGetting SMBIOS data from sysfs.\nSMBIOS 3.3.0 present.\n\n{text}\n"
            )),
            None => {
                call.error.extend_from_slice(format!("Invalid type keyword: {kind}\n").as_bytes());
                return 2;
            }
        },
        (None, None) => {
            let text = ["bios", "system", "baseboard"]
                .into_iter()
                .filter_map(|kind| table(&facts, kind))
                .collect::<String>();
            call.print(&format!(
                "# dmidecode 3.5\nGetting SMBIOS data from sysfs.\nSMBIOS 3.3.0 present.\n\n{text}\n"
            ));
        }
    }
    0
}

fn keyword_value(facts: &Hardware, keyword: &str) -> Option<String> {
    Some(match keyword {
        "system-manufacturer" | "baseboard-manufacturer" | "chassis-manufacturer" => facts.vendor.clone(),
        "system-product-name" => facts.product.clone(),
        "baseboard-product-name" => facts.board.clone(),
        "system-serial-number" => facts.serial.clone(),
        "system-uuid" => facts.uuid.clone(),
        "bios-version" => facts.bios_version.clone(),
        "bios-release-date" => facts.bios_date.clone(),
        "bios-vendor" => "American Megatrends Inc.".to_owned(),
        "system-version" | "baseboard-version" => "0123456789".to_owned(),
        _ => return None,
    })
}

fn table(facts: &Hardware, kind: &str) -> Option<String> {
    Some(match kind {
        "bios" | "0" => format!(
            "Handle 0x0000, DMI type 0, 26 bytes\nBIOS Information\n\tVendor: American Megatrends Inc.\n\tVersion: {}\n\tRelease Date: {}\n\n",
            facts.bios_version, facts.bios_date
        ),
        "system" | "1" => format!(
            "Handle 0x0001, DMI type 1, 27 bytes\nSystem Information\n\tManufacturer: {}\n\tProduct Name: {}\n\tSerial Number: {}\n\tUUID: {}\n\tWake-up Type: Power Switch\n\n",
            facts.vendor, facts.product, facts.serial, facts.uuid
        ),
        "baseboard" | "2" => format!(
            "Handle 0x0002, DMI type 2, 15 bytes\nBase Board Information\n\tManufacturer: {}\n\tProduct Name: {}\n\n",
            facts.vendor, facts.board
        ),
        _ => return None,
    })
}
