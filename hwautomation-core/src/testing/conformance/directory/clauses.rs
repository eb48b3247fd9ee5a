//! The clauses.

use super::DirectoryFixture;
use crate::error::ErrorKind;
use crate::id::MachineId;
use crate::machine::Machine;
use crate::store::MachineDirectory;
use crate::testing::conformance::check::{Checked, done, holds, refused, same};
use std::net::IpAddr;

fn machine(id: &'static str) -> Machine {
    Machine::new(MachineId::from_static(id))
}

fn alias(mut machine: Machine, alias: &str) -> Machine {
    machine.aliases.insert(alias.to_owned());
    machine
}

fn bmc(mut machine: Machine, address: impl Into<IpAddr>) -> Machine {
    machine.addresses.bmc = Some(address.into());
    machine
}

fn host(mut machine: Machine, address: impl Into<IpAddr>) -> Machine {
    machine.addresses.host = Some(address.into());
    machine
}

async fn find(directory: &dyn MachineDirectory, name: &str) -> Checked<Option<Machine>> {
    done(&format!("finding {name}"), directory.find(name).await)
}

/// Checks that each name of a machine leads to it.
///
/// # Errors
///
/// Says which expectation broke.
pub async fn a_machine_is_found_by_id_alias_and_address(fixture: &dyn DirectoryFixture) -> Result<(), String> {
    let six = [0xfd00, 0, 0, 0, 0, 0, 0, 7];
    let one = host(bmc(alias(machine("SN-1"), "maas-4y3h7n"), [10, 0, 0, 1]), [10, 1, 0, 1]);
    let two = host(bmc(machine("x3000c0s1b0n0"), six), [10, 1, 0, 2]);
    let directory = fixture.directory(vec![one.clone(), two.clone()]).await;
    let cases = [
        ("SN-1", &one),
        ("maas-4y3h7n", &one),
        ("10.0.0.1", &one),
        ("10.1.0.1", &one),
        ("x3000c0s1b0n0", &two),
        ("fd00::7", &two),
        ("fd00:0:0::0007", &two),
        ("10.1.0.2", &two),
    ];
    for (name, expected) in cases {
        same(name, find(&*directory, name).await?, Some(expected.clone()))?;
    }
    Ok(())
}

/// Checks that a name of nobody is no error.
///
/// # Errors
///
/// Says which expectation broke.
pub async fn an_unknown_name_is_none(fixture: &dyn DirectoryFixture) -> Result<(), String> {
    let known = bmc(alias(machine("SN-1"), "web"), [10, 0, 0, 1]);
    let directory = fixture.directory(vec![known]).await;
    for name in ["SN-2", "SN-", "sn-1", "we", "10.0.0.2", "fd00::1", ""] {
        same(name, find(&*directory, name).await?, None)?;
    }
    let empty = fixture.directory(Vec::new()).await;
    same("a name in an empty directory", find(&*empty, "SN-1").await?, None)
}

/// Checks that nobody gets one of several machines by chance.
///
/// # Errors
///
/// Says which expectation broke.
pub async fn an_ambiguous_name_is_refused(fixture: &dyn DirectoryFixture) -> Result<(), String> {
    let one = bmc(alias(machine("SN-1"), "web"), [10, 0, 0, 1]);
    let two = host(alias(machine("SN-2"), "web"), [10, 0, 0, 1]);
    // Its id is an alias of one machine and an address of another.
    let three = machine("10.0.0.3");
    let four = bmc(alias(machine("SN-4"), "10.0.0.3"), [10, 0, 0, 3]);
    // One machine that has a name twice is one machine.
    let five = host(bmc(alias(machine("SN-5"), "10.0.0.5"), [10, 0, 0, 5]), [10, 0, 0, 5]);
    let all = vec![one, two, three.clone(), four, five.clone()];
    let directory = fixture.directory(all).await;
    for name in ["web", "10.0.0.1"] {
        let error = refused(name, ErrorKind::Conflict, directory.find(name).await)?;
        for id in ["SN-1", "SN-2"] {
            holds(&format!("{:?} names {id}", error.message()), error.message().contains(id))?;
        }
        holds("the refusal has advice", error.remedy().is_some())?;
    }
    same("the machine of this id", find(&*directory, "10.0.0.3").await?, Some(three))?;
    same("one machine", find(&*directory, "10.0.0.5").await?, Some(five))
}

/// Checks that the list is complete, ordered and without repeats.
///
/// # Errors
///
/// Says which expectation broke.
pub async fn machines_are_listed_by_id_in_pages(fixture: &dyn DirectoryFixture) -> Result<(), String> {
    let all: Vec<Machine> = ["SN-1", "SN-10", "SN-2", "a", "b"].map(machine).map(|it| bmc(it, [10, 0, 0, 9])).into();
    let mut given = all.clone();
    given.reverse();
    let directory = fixture.directory(given).await;
    for page in [1, 2, 3, 5, 100] {
        same(&format!("pages of {page}"), in_pages(&*directory, page).await?, all.clone())?;
    }
    let between = done("listing", directory.list(Some(&MachineId::from_static("SN-11")), 1).await)?;
    same("the first after an id that is nobody's", between, all[2..3].to_vec())?;
    same("a page of nothing", done("listing", directory.list(None, 0).await)?, Vec::new())
}

async fn in_pages(directory: &dyn MachineDirectory, page: usize) -> Checked<Vec<Machine>> {
    let mut found: Vec<Machine> = Vec::new();
    loop {
        let after = found.last().map(|machine| machine.id.clone());
        let machines = done("listing", directory.list(after.as_ref(), page).await)?;
        if machines.is_empty() || found.len() > 100 {
            return Ok(found);
        }
        holds("no more than a page", machines.len() <= page)?;
        found.extend(machines);
    }
}
