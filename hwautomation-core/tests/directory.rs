//! The directories of core keep the contract of a machine directory, and the suite sees those that do not.

use async_trait::async_trait;
use hwautomation_core::actor::Actor;
use hwautomation_core::error::Result;
use hwautomation_core::id::{MachineId, WorkflowId};
use hwautomation_core::machine::{Machine, MachineChange};
use hwautomation_core::record::{Event, EventKind, NewEvent, Position};
use hwautomation_core::store::{MachineDirectory, MemoryDirectory, OverlayDirectory};
use hwautomation_core::testing::conformance::directory::{CLAUSES, DirectoryFixture, check};
use hwautomation_core::time::Timestamp;
use std::net::IpAddr;
use std::sync::Arc;

struct Memory;

#[async_trait]
impl DirectoryFixture for Memory {
    async fn directory(&self, machines: Vec<Machine>) -> Arc<dyn MachineDirectory> {
        Arc::new(MemoryDirectory::new(machines))
    }
}

/// A base whose addresses are those of the neighbour, and the changes that put each machine right.
struct Overlay;

#[async_trait]
impl DirectoryFixture for Overlay {
    async fn directory(&self, machines: Vec<Machine>) -> Arc<dyn MachineDirectory> {
        let mut addresses: Vec<_> = machines.iter().map(|machine| machine.addresses).collect();
        addresses.rotate_left(machines.len().min(1));
        let mut base = machines.clone();
        for (machine, addresses) in base.iter_mut().zip(addresses) {
            machine.addresses.host = addresses.host;
            if machine.addresses.bmc.is_some() {
                machine.addresses.bmc = addresses.bmc;
            }
        }
        let overlay = OverlayDirectory::new(Arc::new(MemoryDirectory::new(base)));
        let events = machines.iter().flat_map(moves).zip(1..).map(|(kind, position)| event(kind, position));
        let events: Vec<Event> = events.collect();
        // Delivered at least once.
        events.iter().chain(&events).for_each(|event| overlay.apply(event));
        Arc::new(overlay)
    }
}

fn moves(machine: &Machine) -> Vec<EventKind> {
    let changed = |change| EventKind::MachineChanged { machine: machine.id.clone(), change };
    let host = changed(MachineChange::HostAddress { address: machine.addresses.host });
    let bmc = machine.addresses.bmc.map(|address| changed(MachineChange::BmcAddress { address }));
    bmc.into_iter().chain([host]).collect()
}

fn event(kind: EventKind, position: Position) -> Event {
    let new = NewEvent { at: Timestamp::MIN, actor: Actor::engine(), kind };
    new.numbered(WorkflowId::generate(), 0, position)
}

mod memory {
    hwautomation_core::directory_conformance!(super::Memory);
}

mod overlay {
    hwautomation_core::directory_conformance!(super::Overlay);
}

#[derive(Debug, Clone, Copy)]
enum Fault {
    None,
    FindsNoAddress,
    FindsThePrefix,
    TakesTheFirst,
    BeginsThePageAtTheId,
}

#[derive(Debug)]
struct BrokenDirectory {
    inner: MemoryDirectory,
    fault: Fault,
}

impl BrokenDirectory {
    async fn first(&self, fits: impl Fn(&Machine) -> bool) -> Result<Option<Machine>> {
        Ok(self.inner.list(None, 100).await?.into_iter().find(fits))
    }
}

#[async_trait]
impl MachineDirectory for BrokenDirectory {
    async fn find(&self, name: &str) -> Result<Option<Machine>> {
        match self.fault {
            Fault::FindsNoAddress if name.parse::<IpAddr>().is_ok() => {
                self.first(|machine| machine.id.as_str() == name).await
            }
            Fault::FindsThePrefix => self.first(|machine| machine.id.as_str().starts_with(name)).await,
            Fault::TakesTheFirst => match self.inner.find(name).await {
                Err(_) => self.inner.list(None, 1).await.map(|machines| machines.into_iter().next()),
                found => found,
            },
            _ => self.inner.find(name).await,
        }
    }

    async fn list(&self, after: Option<&MachineId>, limit: usize) -> Result<Vec<Machine>> {
        match (self.fault, after) {
            (Fault::BeginsThePageAtTheId, Some(after)) => {
                let mut page: Vec<_> = self.inner.find(after.as_str()).await?.into_iter().collect();
                page.extend(self.inner.list(Some(after), limit).await?);
                page.truncate(limit);
                Ok(page)
            }
            _ => self.inner.list(after, limit).await,
        }
    }
}

#[async_trait]
impl DirectoryFixture for Fault {
    async fn directory(&self, machines: Vec<Machine>) -> Arc<dyn MachineDirectory> {
        Arc::new(BrokenDirectory { inner: MemoryDirectory::new(machines), fault: *self })
    }
}

#[tokio::test]
async fn each_clause_sees_a_directory_that_breaks_it() {
    let faults = [
        ("a_machine_is_found_by_id_alias_and_address", Fault::FindsNoAddress),
        ("an_unknown_name_is_none", Fault::FindsThePrefix),
        ("an_ambiguous_name_is_refused", Fault::TakesTheFirst),
        ("machines_are_listed_by_id_in_pages", Fault::BeginsThePageAtTheId),
    ];
    assert_eq!(faults.map(|(clause, _)| clause), CLAUSES);
    for (clause, fault) in faults {
        assert_eq!(check(clause, &Fault::None).await, Ok(()), "the wrapper itself breaks {clause}");
        assert!(check(clause, &fault).await.is_err(), "{clause} does not see {fault:?}");
    }
}

#[test]
fn every_bullet_of_the_contract_is_a_clause() {
    let contract = include_str!("../src/store/directory.rs");
    let bullets = contract.lines().filter_map(|line| line.strip_prefix("/// - `"));
    let bullets: Vec<&str> = bullets.filter_map(|bullet| bullet.split('`').next()).collect();
    assert_eq!(bullets, CLAUSES);
}

#[tokio::test]
async fn an_address_that_two_machines_had_belongs_to_the_one_that_stayed() {
    let machine = |id| {
        let mut machine = Machine::new(MachineId::from_static(id));
        machine.addresses.bmc = Some([10, 0, 0, 1].into());
        machine
    };
    let overlay = OverlayDirectory::new(Arc::new(MemoryDirectory::new(["a", "b"].map(machine))));
    assert!(overlay.find("10.0.0.1").await.is_err());
    let change = MachineChange::BmcAddress { address: [10, 0, 0, 2].into() };
    let moved = EventKind::MachineChanged { machine: MachineId::from_static("a"), change };
    overlay.apply(&event(moved, 1));
    let id = |found: Option<Machine>| found.map(|machine| machine.id.to_string());
    assert_eq!(id(overlay.find("10.0.0.1").await.unwrap()).as_deref(), Some("b"));
    assert_eq!(id(overlay.find("10.0.0.2").await.unwrap()).as_deref(), Some("a"));
}

#[tokio::test]
async fn a_machine_that_is_replaced_is_found_by_its_new_names_only() {
    let with = |alias: &str, bmc: &str| {
        let mut machine = Machine::new(MachineId::from_static("srv001"));
        machine.aliases.insert(alias.to_owned());
        machine.addresses.bmc = Some(bmc.parse().unwrap());
        machine
    };
    let machines = MemoryDirectory::new([with("old", "10.0.0.1")]);
    machines.insert(with("new", "10.0.0.2"));
    for (name, is_known) in
        [("srv001", true), ("new", true), ("10.0.0.2", true), ("old", false), ("10.0.0.1", false)]
    {
        assert_eq!(machines.find(name).await.unwrap().is_some(), is_known, "{name}");
    }
}
