//! What becomes due by itself, in the order of its time.

use super::boot::BootDevice;
use super::identify::Identify;
use super::machine::{Happened, Machine};
use super::power::{Control, Environment, Stage, Then};
use super::record::Lease;
use super::status::Status;
use super::tempo::later;

/// How many transitions one access may settle. A machine's longest chain has about ten; more would be a loop.
const CHAIN_MAX: usize = 100;

impl Machine {
    /// Returns when the next transition is due, in milliseconds since 1970.
    pub(crate) fn due(&self) -> Option<u64> {
        let run = self.record.run;
        [
            self.edge.map(|edge| edge.at),
            self.stage.due(),
            run.and_then(|run| run.scripts_until),
            run.map(|run| run.deadline),
            self.bmc.silent_until,
            self.bmc.sel.erasing_until,
            self.bmc.identify.due(),
            self.record.lease.and_then(|lease| lease.until),
        ]
        .into_iter()
        .flatten()
        .min()
    }

    /// Does what has become due, in order, each at its own time. Says whether anything has.
    pub(crate) fn settle(&mut self, now: u64) -> bool {
        self.now = now;
        let mut settled = false;
        for _ in 0..CHAIN_MAX {
            let Some(at) = self.due().filter(|at| *at <= now) else { break };
            self.step(at);
            self.watch(at);
            settled = true;
        }
        // Nothing else can differ from what the BMC saw last.
        let touched = std::mem::take(&mut self.touched);
        (touched && self.watch(now)) | settled
    }

    fn step(&mut self, at: u64) {
        if self.bmc.silent_until == Some(at) {
            self.bmc.silent_until = None;
            self.bmc_is_back(at);
        } else if self.bmc.sel.erasing_until == Some(at) {
            self.bmc.sel.erasing_until = None;
        } else if self.bmc.identify.due() == Some(at) {
            self.bmc.identify = Identify::Off;
        } else if let Some(edge) = self.edge.filter(|edge| edge.at == at) {
            self.edge = None;
            self.show(edge.control, at);
        } else if self.stage.due() == Some(at) {
            self.advance(at);
        } else if self.record.lease.is_some_and(|lease| lease.until == Some(at)) {
            self.record.lease = None;
        } else {
            self.advance_run(at);
        }
    }

    /// Lets the power show an accepted control.
    fn show(&mut self, control: Control, at: u64) {
        match (control, self.stage) {
            (Control::PowerOff, _) => self.lose_power(at),
            (Control::PowerOn, Stage::Off) | (Control::HardReset, _) => self.begin_post(at),
            (Control::PowerCycle, _) => {
                self.lose_power(at);
                self.stage = Stage::Pause { until: later(at, self.tempo.cycle_pause) };
            }
            _ => {}
        }
    }

    fn advance(&mut self, at: u64) {
        match self.stage {
            Stage::Pause { .. } => self.begin_post(at),
            Stage::Post { .. } => {
                let environment = self.boot_device();
                self.stage = Stage::Load { environment, until: later(at, self.tempo.load) };
            }
            Stage::Load { environment, .. } => self.come_up(environment, at),
            Stage::Leaving { then: Then::Boot, .. } => self.begin_post(at),
            Stage::Leaving { then: Then::StayOff, .. } => self.lose_power(at),
            Stage::Off | Stage::Up(_) => {}
        }
    }

    /// Begins the power-on self test: what is pending in the BIOS comes into force.
    pub(super) fn begin_post(&mut self, at: u64) {
        self.go_down(at);
        self.bios.come_into_force();
        self.boots += 1;
        self.say(&format!(
            "{} BIOS {}, boot {}",
            self.hardware.vendor, self.hardware.bios_version, self.boots
        ));
        self.key_changes = 0;
        self.stage = Stage::Post { until: later(at, self.tempo.post) };
    }

    fn boot_device(&mut self) -> Environment {
        match self.bmc.boot_flags.take() {
            Some(BootDevice::Setup) => Environment::Nothing,
            Some(BootDevice::Disk) if self.record.status == Status::Deployed => Environment::Disk,
            Some(BootDevice::Disk) => Environment::Nothing,
            // What is empty is passed over.
            Some(BootDevice::Pxe | BootDevice::Empty) | None => self.record.status.network_boot(),
        }
    }

    fn come_up(&mut self, environment: Environment, at: u64) {
        self.stage = Stage::Up(environment);
        match environment {
            Environment::Nothing => self.say("No bootable device"),
            Environment::Farewell | Environment::Installer => self.say("Starting"),
            Environment::Ephemeral | Environment::Disk => {
                self.screen.write(format!("\r\n{} login: ", self.name).as_bytes());
            }
        }
        if environment != Environment::Nothing {
            self.record.lease = Some(Lease { address: self.host_address, until: None });
        }
        match environment {
            Environment::Ephemeral => self.scripts_begin(at),
            Environment::Farewell => self.leave_by_itself(at, "MAAS has no use for it"),
            Environment::Installer | Environment::Disk | Environment::Nothing => {}
        }
    }

    pub(super) fn leave_by_itself(&mut self, at: u64, why: &str) {
        self.happened.push(Happened { at, text: format!("power off by itself: {why}") });
        self.leave(at, Then::StayOff);
    }

    pub(super) fn leave(&mut self, at: u64, then: Then) {
        self.go_down(at);
        self.say("Shutting down");
        self.stage = Stage::Leaving { until: later(at, self.tempo.shutdown), then };
    }

    pub(super) fn lose_power(&mut self, at: u64) {
        self.go_down(at);
        self.stage = Stage::Off;
        self.power_is_off();
    }

    /// Ends what runs: its scripts stop, and its lease is renewed no more.
    fn go_down(&mut self, at: u64) {
        if let Some(lease) = self.record.lease.as_mut().filter(|lease| lease.until.is_none()) {
            lease.until = Some(later(at, self.tempo.lease));
        }
        if let Some(run) = self.record.run.as_mut() {
            run.scripts_until = None;
        }
    }
}
