//! Permits over a fleet: no BMC and no rack has more at once than it may, and all come to their end.

use crate::adversity::nap;
use crate::lab::{Lab, ops};
use hwautomation_core::engine::Submission;
use hwautomation_core::id::MachineId;
use hwautomation_core::machine::Machine;
use hwautomation_core::record::{Hold, Resume, RunState};
use hwautomation_core::store::{HistoryStore, MemoryDirectory};
use hwautomation_core::workflow::{Permit, StepOutcome, Workflow, step_fn};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Counts who uses what at once, and the most that ever did.
#[derive(Debug, Default)]
struct InUse(Mutex<BTreeMap<String, (u32, u32)>>);

impl InUse {
    fn enter(&self, what: String) {
        let mut known = self.0.lock().unwrap();
        let (now, most) = known.entry(what).or_default();
        *now += 1;
        *most = (*most).max(*now);
    }

    fn leave(&self, what: &str) {
        self.0.lock().unwrap().get_mut(what).unwrap().0 -= 1;
    }

    /// The most at once of any name that begins so.
    fn most(&self, beginning: &str) -> u32 {
        let known = self.0.lock().unwrap();
        known
            .iter()
            .filter(|(name, _)| name.starts_with(beginning))
            .map(|(_, (_, most))| *most)
            .max()
            .unwrap()
    }
}

/// Two machines share a BMC, and 50 a rack.
fn machine(number: usize) -> Machine {
    let mut machine = Machine::new(MachineId::new(format!("m{number:03}")).unwrap());
    machine.rack = Some((number / 50).to_string());
    machine
}

fn bmc(machine: &Machine) -> String {
    let number: usize = machine.id.as_str()[1..].parse().unwrap();
    format!("bmc-{}", number / 2)
}

fn rack(machine: &Machine) -> String {
    Permit::rack(machine, Hold::Step).unwrap().name.to_string()
}

/// Commands the BMC, waits until the machine is up, and looks at it through the BMC. Its place in the rack is taken
/// all the while.
fn reboot(in_use: &Arc<InUse>) -> Workflow {
    let in_use = Arc::clone(in_use);
    let booting: Arc<Mutex<BTreeSet<MachineId>>> = Arc::default();
    let step = step_fn("reboot", Resume::Rerun, move |ctx| {
        let (in_use, booting) = (Arc::clone(&in_use), Arc::clone(&booting));
        async move {
            let machine = ctx.machine()?;
            let first = booting.lock().unwrap().insert(machine.id.clone());
            in_use.enter(bmc(&machine));
            if first {
                in_use.enter(rack(&machine));
            }
            nap(2).await;
            in_use.leave(&bmc(&machine));
            if first {
                return StepOutcome::wait("the boot", Duration::from_secs(7), Duration::from_secs(3600));
            }
            in_use.leave(&rack(&machine));
            StepOutcome::finished()
        }
    });
    let permits = |machine: Option<&Machine>| {
        let machine = machine.unwrap();
        vec![Permit::rack(machine, Hold::Step).unwrap(), Permit::call(bmc(machine)).unwrap()]
    };
    Workflow::new("reboot").step(step.permits(permits))
}

#[tokio::test(start_paused = true)]
async fn of_500_machines_no_bmc_serves_two_and_no_rack_boots_more_than_8() {
    let (lab, in_use) = (Lab::new(), Arc::new(InUse::default()));
    let machines: Vec<Machine> = (0..500).map(machine).collect();
    let builder = lab.builder().machines(Arc::new(MemoryDirectory::new(machines.clone())));
    let builder = builder.permit_limit("rack-*", 8).workflow(reboot(&in_use));
    let manager = builder.start().await.unwrap();
    let mut ids = Vec::new();
    for machine in &machines {
        let submission = Submission::new("reboot").machine(machine.id.to_string());
        ids.push(manager.submit(submission, &ops()).await.unwrap());
    }
    let began = tokio::time::Instant::now();
    for id in ids {
        let status = manager.wait(id).await.unwrap();
        assert_eq!(status.state, RunState::Completed, "{status}");
    }
    assert_eq!((in_use.most("bmc-"), in_use.most("rack-")), (1, 8));
    // 10 racks at once, 50 machines each, 8 at a time, 11 s or a little more each: it is the permits that take time.
    assert!((60..150).contains(&began.elapsed().as_secs()), "{:?}", began.elapsed());
    assert_eq!(lab.store.permits(None, 1000).await.unwrap(), []);
}
