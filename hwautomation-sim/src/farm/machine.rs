//! The machine behind a farm's BMC: a whole one, without what only MAAS and the host look at.

use super::dice::{Dice, Throw};
use super::plan::FarmPlan;
use crate::model::bios::Bios;
use crate::model::hardware::Hardware;
use crate::model::machine::Machine;
use crate::plan::ServerPlan;
use std::io;
use std::net::Ipv4Addr;

/// Makes the machine with a number, the first of which is 0.
pub(super) fn machine(plan: &FarmPlan, number: usize, address: Ipv4Addr) -> io::Result<Machine> {
    let place = u16::try_from(number).unwrap_or(u16::MAX);
    let server = ServerPlan::new(format!("srv{:05}", number + 1))
        .hardware(Hardware::supermicro(place))
        .bmc_address(address)
        .host_address(Ipv4Addr::UNSPECIFIED)
        .bmc_user(&plan.user, &plan.password)
        .bios(Bios::default());
    let mut machine = server.machine(0, plan.tempo)?;
    machine.record.power_parameters.clear();
    Dice::of(plan.seed, Throw::Guid, number).fill(&mut machine.bmc.guid);
    Ok(machine)
}
