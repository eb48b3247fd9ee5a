//! Firmware settings to begin with.

use super::bios::{Bios, Kind, Menu, Setting};

/// Returns the settings of a Supermicro X11 board, reduced to what profiles change and what trips parsers: several pages with a setting of the
/// same name, two of the same name in one page, quotes, and letters outside ASCII.
pub fn supermicro_x11() -> Bios {
    let menus = vec![main(), advanced(), security(), boot()];
    Bios { menus, pending: Vec::new() }
}

fn main() -> Menu {
    menu("Main", vec![text("Asset Tag", "", 0, 32)], vec![])
}

fn advanced() -> Menu {
    let feature = menu(
        "Boot Feature",
        vec![
            check("Quiet Boot", true),
            option("Option ROM Messages", "Force BIOS", &["Force BIOS", "Keep Current"]),
            option("Wait For \"F1\" If Error", "Enabled", &["Disabled", "Enabled"]),
            option("Restore on AC Power Loss", "Last State", &["Stay Off", "Power On", "Last State"]),
            option("Watch Dog Function", "Disabled", &["Disabled", "Enabled"]),
        ],
        vec![],
    );
    menu("Advanced", vec![], vec![feature, cpu(), chipset(), pci(), network(), serial()])
}

fn cpu() -> Menu {
    menu(
        "CPU Configuration",
        vec![
            option("Hyper-Threading (ALL)", "Enable", &["Disable", "Enable"]),
            number("Cores Enabled", 0, 0, 28, 1),
            option("Monitor/Mwait", "Auto", &["Auto", "Disable", "Enable"]),
            option("Execute Disable Bit", "Enable", &["Disable", "Enable"]),
            option("Intel Virtualization Technology", "Enable", &["Disable", "Enable"]),
            option("PPIN Control", "Unlock/Enable", &["Unlock/Disable", "Unlock/Enable"]),
        ],
        vec![menu(
            "Advanced Power Management Configuration",
            vec![
                option("Power Technology", "Custom", &["Disable", "Energy Efficient", "Custom"]),
                option(
                    "Power Performance Tuning",
                    "OS Controls EPB",
                    &["OS Controls EPB", "BIOS Controls EPB"],
                ),
                option("SpeedStep (P-States)", "Enable", &["Disable", "Enable"]),
                option("Turbo Mode", "Enable", &["Disable", "Enable"]),
                option("CPU C6 Report", "Auto", &["Disable", "Enable", "Auto"]),
            ],
            vec![],
        )],
    )
}

fn chipset() -> Menu {
    menu(
        "Chipset Configuration",
        vec![
            option("Intel\u{ae} VT for Directed I/O (VT-d)", "Enable", &["Enable", "Disable"]),
            option("NUMA", "Enable", &["Disable", "Enable"]),
            option("Memory Frequency", "Auto", &["Auto", "2133", "2400", "2666", "2933"]),
            number("Patrol Scrub Interval", 24, 0, 24, 1),
        ],
        vec![],
    )
}

fn pci() -> Menu {
    let slot = |name| menu(name, vec![option("OPROM", "EFI", &["Disabled", "Legacy", "EFI"])], vec![]);
    menu(
        "PCIe/PCI/PnP Configuration",
        vec![
            option("Above 4G Decoding", "Enabled", &["Disabled", "Enabled"]),
            option("SR-IOV Support", "Disabled", &["Disabled", "Enabled"]),
            option(
                "NVMe Firmware Source",
                "Vendor Defined Firmware",
                &["Vendor Defined Firmware", "AMI Native Support"],
            ),
        ],
        vec![slot("RSC-R1UW SLOT1"), slot("RSC-R1UW SLOT2")],
    )
}

fn network() -> Menu {
    menu(
        "Network Stack Configuration",
        vec![
            option("Network Stack", "Enabled", &["Disabled", "Enabled"]),
            option("Ipv4 PXE Support", "Enabled", &["Disabled", "Enabled"]),
            option("Ipv6 PXE Support", "Enabled", &["Disabled", "Enabled"]),
            number("PXE boot wait time", 0, 0, 5, 1),
            number("Media detect count", 1, 1, 50, 1),
        ],
        vec![],
    )
}

fn serial() -> Menu {
    let port = |name| {
        let bits = option("Bits per second", "115200", &["9600", "19200", "38400", "57600", "115200"]);
        menu(name, vec![check("Console Redirection", true), bits], vec![])
    };
    menu("Serial Port Console Redirection", vec![], vec![port("COM1"), port("SOL/COM2")])
}

fn security() -> Menu {
    let secure = menu(
        "Secure Boot",
        vec![
            option("Secure Boot", "Disabled", &["Disabled", "Enabled"]),
            option("Secure Boot Mode", "Customized", &["Standard", "Customized"]),
        ],
        vec![],
    );
    menu("Security", vec![option("Password Check", "Setup", &["Setup", "Always"])], vec![secure])
}

fn boot() -> Menu {
    let legacy = &["Network", "Hard Disk", "CD/DVD", "USB Hard Disk", "Disabled"];
    let uefi =
        &["UEFI Network", "UEFI Hard Disk", "UEFI CD/DVD", "UEFI AP:UEFI: Built-in EFI Shell", "Disabled"];
    let ordered = |number, order, value, options: &[&str]| Setting {
        order: Some(order),
        ..option(&format!("Boot Option #{number}"), value, options)
    };
    menu(
        "Boot",
        vec![
            option("Boot Mode Select", "DUAL", &["LEGACY", "UEFI", "DUAL"]),
            option("Legacy to EFI Support", "Disabled", &["Disabled", "Enabled"]),
            ordered(1, 1, "Network", legacy),
            ordered(2, 1, "Hard Disk", legacy),
            ordered(1, 2, "UEFI Network", uefi),
            ordered(2, 2, "UEFI Hard Disk", uefi),
        ],
        vec![],
    )
}

fn menu(name: &str, settings: Vec<Setting>, menus: Vec<Menu>) -> Menu {
    Menu { name: name.to_owned(), help: String::new(), settings, menus }
}

fn setting(name: &str, kind: Kind) -> Setting {
    Setting { name: name.to_owned(), order: None, help: format!("Select {name}."), kind }
}

fn option(name: &str, value: &str, options: &[&str]) -> Setting {
    let options = (0..).zip(options.iter().map(|option| (*option).to_owned())).collect();
    setting(name, Kind::Option { selected: value.to_owned(), default: value.to_owned(), options })
}

fn check(name: &str, value: bool) -> Setting {
    setting(name, Kind::CheckBox { checked: value, default: value })
}

fn number(name: &str, value: i64, min: i64, max: i64, step: i64) -> Setting {
    setting(name, Kind::Numeric { value, default: value, min, max, step })
}

fn text(name: &str, value: &str, min: usize, max: usize) -> Setting {
    setting(name, Kind::Text { value: value.to_owned(), default: value.to_owned(), min, max })
}
