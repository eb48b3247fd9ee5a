//! What only so many workflows may use at once.

use crate::error::Result;
use crate::id::PermitName;
use crate::machine::Machine;
use crate::record::Hold;

/// Names something that only so many workflows may use at once, such as a BMC, a rack's power or a service.
///
/// How many that is, the manager's builder says (`permit_limit`); one, if it does not. A step gets all its permits at
/// once or none, in the order of asking. It queues without a task, and its deadline counts.
///
/// All steps should hold a name in the same way: a step that holds `a` and asks for `b` at each call, and another one
/// that holds `b` and asks for `a`, wait for each other until one of them is out of time.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Permit {
    /// What it is for. Named after a machine's id, never its address: that may be another machine's tomorrow.
    pub name: PermitName,
    /// How long it is kept.
    pub hold: Hold,
}

impl Permit {
    /// Names a permit that is kept for one call of the step.
    ///
    /// # Errors
    ///
    /// `Invalid` when the text is no permit name.
    pub fn call(name: impl Into<String>) -> Result<Self> {
        Ok(Self { name: PermitName::new(name)?, hold: Hold::Call })
    }

    /// Names a permit that is kept until the step has its outcome.
    ///
    /// # Errors
    ///
    /// `Invalid` when the text is no permit name.
    pub fn step(name: impl Into<String>) -> Result<Self> {
        Ok(Self { name: PermitName::new(name)?, hold: Hold::Step })
    }

    /// Names the permit of a machine's BMC: `bmc-` and the machine's id.
    #[must_use]
    pub fn bmc(machine: &Machine, hold: Hold) -> Self {
        Self { name: PermitName::of_machine("bmc", &machine.id), hold }
    }

    /// Names the permit of a machine's rack: `rack-` and what the directory calls it. None when it does not say, or
    /// by a text that is no permit name.
    #[must_use]
    pub fn rack(machine: &Machine, hold: Hold) -> Option<Self> {
        let name = PermitName::new(format!("rack-{}", machine.rack.as_ref()?)).ok()?;
        Some(Self { name, hold })
    }
}
