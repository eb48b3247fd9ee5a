//! The vendor's tool for BIOS settings (SUM), in band.

mod answer;
mod check;
mod options;
mod reader;
mod writer;

use super::Call;
use super::table::{command_text, log_text};
use crate::host::files::{Failure, User};
use crate::model::bios::{Bios, Change, Menu};
use answer::{BANNER, Exit, Refusal};
use options::Options;

type Result<T> = std::result::Result<T, Refusal>;

/// Runs the tool.
pub(super) fn sum(call: &mut Call) -> u8 {
    let words = call.rest();
    call.print(BANNER);
    match options::options(&words).and_then(|options| obey(call, &options)) {
        Ok(()) => 0,
        Err(refusal) => {
            if words.iter().any(|word| word == "ChangeBiosCfg" || word == "LoadDefaultBiosCfg") {
                let text = log_text(&command_text(&call.arguments));
                call.host.note_refused(&text);
            }
            call.print(&refusal.block());
            refusal.exit.code()
        }
    }
}

fn obey(call: &mut Call, options: &Options) -> Result<()> {
    if call.user != User::ROOT {
        return Err(Refusal::new(Exit::CannotOpenDriver, "Please run this program as root."));
    }
    match options.command.as_str() {
        "GetCurrentBiosCfg" => get(call, options, |bios| bios.menus),
        "GetDefaultBiosCfg" | "GetFactoryBiosCfg" => get(call, options, |bios| bios.defaults()),
        "ChangeBiosCfg" => change(call, options),
        "LoadDefaultBiosCfg" => load_default(call, options),
        "GetBiosInfo" => bios_info(call),
        "CheckOOBSupport" => oob_support(call),
        // QueryProductKey is the only one left: the options were checked.
        _ => product_key(call),
    }
}

fn get(call: &mut Call, options: &Options, which: fn(Bios) -> Vec<Menu>) -> Result<()> {
    let document = writer::document(&which(call.host.bios()));
    let Some(name) = &options.file else {
        call.output.extend_from_slice(&document);
        return Ok(());
    };
    let path = call.path(name);
    if !options.overwrite && call.host.files().stat(&path, call.user).is_ok() {
        return Err(Refusal::new(Exit::FileExists, format!("File \"{name}\" already exists.")));
    }
    let mode = 0o666 & !call.umask;
    let written = call.host.files().write(&path, call.user, mode, &document);
    written.map_err(|failure| cannot_open(name, failure))?;
    call.print(&format!("File \"{name}\" is created.\n"));
    Ok(())
}

fn cannot_open(name: &str, failure: Failure) -> Refusal {
    Refusal::new(Exit::CannotOpen, format!("Cannot open file \"{name}\": {failure}."))
}

fn change(call: &mut Call, options: &Options) -> Result<()> {
    let name = options.file.clone().unwrap_or_default();
    let path = call.path(&name);
    let bytes = call.host.files().read(&path, call.user).map_err(|failure| cannot_open(&name, failure))?;
    let changes = reader::changes(&bytes).map_err(|why| Refusal::new(Exit::InvalidConfig, why))?;
    let known = known(changes, &call.host.bios(), options.skip_unknown, call)?;
    call.host.stage(known, "sum ChangeBiosCfg");
    call.print("Status: The BIOS configuration is updated for localhost\n\n");
    end(call, options);
    Ok(())
}

/// Checks every change before any is staged, and names all that cannot be.
fn known(changes: Vec<Change>, bios: &Bios, skip_unknown: bool, call: &mut Call) -> Result<Vec<Change>> {
    let (mut known, mut wrong) = (Vec::new(), Vec::new());
    for change in changes {
        match bios.setting(&change) {
            Some(setting) => match check::refusal(setting, &change) {
                None => known.push(change),
                Some(why) => wrong.push(format!("Setting \"{}\": {why}.", check::place(&change))),
            },
            None if skip_unknown => {
                call.print(&format!("Skipped unknown setting \"{}\".\n", check::place(&change)))
            }
            None => wrong.push(format!("Setting \"{}\" is not found in the BIOS.", check::place(&change))),
        }
    }
    match wrong.is_empty() {
        true => Ok(known),
        false => Err(Refusal { exit: Exit::InvalidConfig, details: wrong }),
    }
}

/// Says when changes come into force, and brings that about when it was asked for.
fn end(call: &mut Call, options: &Options) {
    match options.reboot {
        true => {
            call.print("Status: The managed system localhost is rebooting\n");
            call.host.reboot();
        }
        false => {
            call.print("Note: You have to reboot or power up the system for the changes to take effect.\n")
        }
    }
}

fn load_default(call: &mut Call, options: &Options) -> Result<()> {
    let mut changes = Vec::new();
    for menu in call.host.bios().defaults() {
        collect(&menu, &mut Vec::new(), &mut changes);
    }
    call.host.stage(changes, "sum LoadDefaultBiosCfg");
    call.print("Status: The BIOS configuration is set to default for localhost\n\n");
    end(call, options);
    Ok(())
}

fn collect(menu: &Menu, above: &mut Vec<String>, changes: &mut Vec<Change>) {
    above.push(menu.name.clone());
    for setting in &menu.settings {
        changes.push(Change {
            menus: above.clone(),
            name: setting.name.clone(),
            order: setting.order,
            value: setting.value(),
        });
    }
    for menu in &menu.menus {
        collect(menu, above, changes);
    }
    above.pop();
}

fn bios_info(call: &mut Call) -> Result<()> {
    let facts = call.host.facts().hardware;
    let text = format!(
        "Managed system...........localhost\n    Board ID............{}\n    BIOS build date.....{}\n    BIOS version........{}\n",
        facts.board, facts.bios_date, facts.bios_version
    );
    call.print(&text);
    Ok(())
}

fn oob_support(call: &mut Call) -> Result<()> {
    call.print("Node Product Key Activated...............No\nFeature Toggled On.......................Yes\nBMC FW Version Supports OOB BIOS Config..Yes\nSystem Supports OOB BIOS Config..........Yes\n");
    Ok(())
}

fn product_key(_: &mut Call) -> Result<()> {
    Err(Refusal::new(Exit::NotActivated, "Number of product keys: 0"))
}

#[cfg(test)]
mod tests;
