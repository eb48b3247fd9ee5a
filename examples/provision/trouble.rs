//! Makes one step fail, as `--fail` asks: by a fault of the simulated hardware, or by what an operator got wrong.

use crate::args::FailingStep;
use hwautomation_core::device::{DeviceProfile, DeviceProfiles};
use hwautomation_core::error::Result;
use hwautomation_core::id::SettingName;
use hwautomation_sim::{Action, Face, Fault, Rack, RackSheet, Refusal};

/// Spoils the hardware of one server.
pub fn inject(rack: &Rack, step: Option<FailingStep>, server: &str) {
    if let Some(fault) = step.and_then(fault) {
        rack.inject(fault.machine(server));
    }
}

fn fault(step: FailingStep) -> Option<Fault> {
    Some(match step {
        FailingStep::CommissionServer => {
            Fault::new(Action::FailCommissioning).face(Face::Maas).command("commission")
        }
        FailingStep::PullBiosConfig => {
            refuse_ssh("GetCurrentBiosCfg", 80, "The node product key needs to be activated.")
        }
        // What is wrong there is not the hardware, but what the operator wrote.
        FailingStep::GetServerIp | FailingStep::ModifyBiosConfig => return None,
        FailingStep::PushBiosConfig => Fault::ignores_bios_setting("Quiet Boot"),
        FailingStep::ConfigureIpmi => refuse(Face::Bmc, "set lan", Refusal::Code(PRIVILEGE)),
        FailingStep::FinalizeServer => {
            let refusal = Refusal::Http { status: 403, body: String::new(), retry_after_secs: None };
            refuse(Face::Maas, "tag", refusal)
        }
    })
}

/// *Insufficient privilege level* (IPMI 2.0 table 5-2).
const PRIVILEGE: u8 = 0xD4;

fn refuse(face: Face, command: &str, refusal: Refusal) -> Fault {
    Fault::new(Action::Refuse(refusal)).face(face).command(command)
}

fn refuse_ssh(command: &str, status: u8, text: &str) -> Fault {
    refuse(Face::Ssh, command, Refusal::Exit { status, text: format!("{text}\n") })
}

/// Gives a server an account that its host does not let in, if that is the step to fail.
pub fn spoil_sheet(mut sheet: RackSheet, step: Option<FailingStep>, server: &str) -> RackSheet {
    let wrong = sheet.servers.iter_mut().find(|known| known.name == server);
    if let Some(wrong) = wrong.filter(|_| step == Some(FailingStep::GetServerIp)) {
        wrong.host.username = "nobody".to_owned();
    }
    sheet
}

/// Adds a setting to the profiles that no machine has, if that is the step to fail.
pub fn spoil_profiles(profiles: DeviceProfiles, step: Option<FailingStep>) -> Result<DeviceProfiles> {
    if step != Some(FailingStep::ModifyBiosConfig) {
        return Ok(profiles);
    }
    let mut spoilt = DeviceProfiles::new();
    for profile in profiles.iter() {
        spoilt.insert(with_unknown_setting(profile))?;
    }
    Ok(spoilt)
}

fn with_unknown_setting(profile: &DeviceProfile) -> DeviceProfile {
    let mut profile = profile.clone();
    profile.bios.settings.insert(SettingName::from_static("Quite Boot"), false.into());
    profile
}
