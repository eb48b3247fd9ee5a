//! Which machines have taken a command. What was stopped in the middle is told apart by it.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// A mark for each machine.
#[derive(Debug)]
pub struct Marks {
    machines: Vec<AtomicBool>,
    count: AtomicUsize,
}

impl Marks {
    /// Makes room for so many.
    pub fn new(machines: usize) -> Self {
        Self { machines: (0..machines).map(|_| AtomicBool::new(false)).collect(), count: AtomicUsize::new(0) }
    }

    /// Notes that a machine has taken its command.
    pub fn accepted(&self, machine: usize) {
        if let Some(mark) = self.machines.get(machine)
            && !mark.swap(true, Ordering::Relaxed)
        {
            self.count.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Tells whether a machine has.
    pub fn is_accepted(&self, machine: usize) -> bool {
        self.machines.get(machine).is_some_and(|mark| mark.load(Ordering::Relaxed))
    }

    /// Returns how many have.
    pub fn count(&self) -> usize {
        self.count.load(Ordering::Relaxed)
    }
}
