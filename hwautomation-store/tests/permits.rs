//! Permits on SQLite: a fleet whose process ends in the middle comes to its end, and never has more at once than it
//! may.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use hwautomation_core::actor::Actor;
use hwautomation_core::engine::{Submission, WorkflowManager};
use hwautomation_core::id::{MachineId, WorkflowId};
use hwautomation_core::machine::Machine;
use hwautomation_core::record::{Hold, Resume, RunState};
use hwautomation_core::store::{HistoryStore, MemoryDirectory};
use hwautomation_core::workflow::{Permit, StepOutcome, Workflow, step_fn};
use hwautomation_store::{SqliteConfig, SqliteStore};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

const MACHINES: usize = 60;
const BLINK: Duration = Duration::from_millis(5);

/// Who uses what, as the hardware sees it. A process that ends leaves no call behind, but machines go on booting.
#[derive(Debug, Default)]
struct Rack {
    calls: Mutex<BTreeMap<String, u32>>,
    booting: Mutex<BTreeMap<String, BTreeSet<MachineId>>>,
    crowded: Mutex<Vec<String>>,
}

/// One call of a BMC; dropped when the call ends or is dropped.
struct Call<'a>(&'a Rack, String);

impl Drop for Call<'_> {
    fn drop(&mut self) {
        *self.0.calls.lock().unwrap().get_mut(&self.1).unwrap() -= 1;
    }
}

impl Rack {
    fn call(&self, bmc: String) -> Call<'_> {
        let mut calls = self.calls.lock().unwrap();
        let now = calls.entry(bmc.clone()).or_default();
        *now += 1;
        if *now > 1 {
            self.crowded.lock().unwrap().push(bmc.clone());
        }
        Call(self, bmc)
    }

    /// Tells whether the machine was not booting yet.
    fn boot(&self, rack: String, machine: &MachineId) -> bool {
        let mut booting = self.booting.lock().unwrap();
        let now = booting.entry(rack.clone()).or_default();
        let begun = now.insert(machine.clone());
        if now.len() > 3 {
            self.crowded.lock().unwrap().push(rack);
        }
        begun
    }

    fn booted(&self, rack: &str, machine: &MachineId) {
        self.booting.lock().unwrap().get_mut(rack).unwrap().remove(machine);
    }
}

fn machine(number: usize) -> Machine {
    let mut machine = Machine::new(MachineId::new(format!("m{number:02}")).unwrap());
    machine.rack = Some((number % 4).to_string());
    machine
}

/// Four machines share a BMC.
fn bmc(machine: &Machine) -> String {
    let number: usize = machine.id.as_str()[1..].parse().unwrap();
    format!("bmc-{}", number / 4)
}

fn reboot(rack: &Arc<Rack>) -> Workflow {
    let rack = Arc::clone(rack);
    let step = step_fn("reboot", Resume::Rerun, move |ctx| {
        let rack = Arc::clone(&rack);
        async move {
            let machine = ctx.machine()?;
            let place = Permit::rack(&machine, Hold::Step).unwrap().name.to_string();
            let _call = rack.call(bmc(&machine));
            let begun = rack.boot(place.clone(), &machine.id);
            let _ = tokio::time::timeout(BLINK, std::future::pending::<()>()).await;
            if begun {
                return StepOutcome::wait("the boot", BLINK, Duration::from_secs(60));
            }
            rack.booted(&place, &machine.id);
            StepOutcome::finished()
        }
    });
    let permits = |machine: Option<&Machine>| {
        let machine = machine.unwrap();
        vec![Permit::rack(machine, Hold::Step).unwrap(), Permit::call(bmc(machine)).unwrap()]
    };
    Workflow::new("reboot").step(step.permits(permits))
}

async fn start(path: &Path, rack: &Arc<Rack>) -> (WorkflowManager, Arc<SqliteStore>) {
    let store = Arc::new(open(path).await);
    let builder = WorkflowManager::builder().store(Arc::clone(&store) as Arc<dyn HistoryStore>);
    let builder = builder.machines(Arc::new(MemoryDirectory::new((0..MACHINES).map(machine))));
    (builder.permit_limit("rack-*", 3).workflow(reboot(rack)).start().await.unwrap(), store)
}

/// The tasks of the process before end a moment after it.
async fn open(path: &Path) -> SqliteStore {
    for _ in 0..1000 {
        match SqliteStore::open(SqliteConfig::new(path)) {
            Ok(store) => return store,
            Err(_) => {
                let _ = tokio::time::timeout(BLINK, std::future::pending::<()>()).await;
            }
        }
    }
    panic!("the history stays locked");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fleet_whose_process_ends_again_and_again_never_crowds_its_hardware() {
    let folder = tempfile::tempdir().unwrap();
    let (path, rack) = (folder.path().join("history.db"), Arc::new(Rack::default()));
    let (mut manager, mut store) = start(&path, &rack).await;
    let mut ids: Vec<WorkflowId> = Vec::new();
    for number in 0..MACHINES {
        let submission = Submission::new("reboot").machine(machine(number).id.to_string());
        ids.push(manager.submit(submission, &Actor::person("ops")).await.unwrap());
    }
    for ended in [2, 10, 25, 45] {
        // The process ends when so many have come to their end.
        manager.wait(ids[ended]).await.unwrap();
        drop((manager, store));
        (manager, store) = start(&path, &rack).await;
    }
    for id in ids {
        let status = manager.wait(id).await.unwrap();
        assert_eq!(status.state, RunState::Completed, "{status}");
    }
    assert_eq!(*rack.crowded.lock().unwrap(), Vec::<String>::new());
    assert_eq!(store.permits(None, 100).await.unwrap(), []);
}
