//! What goes wrong on purpose: ordered rules, the first that matches acts.

mod preset;
mod rules;

use crate::chance::throw;
use crate::log::Face;
use crate::model::bios::{Change, Kind, Setting, Value};
pub(crate) use rules::Rules;
use std::time::Duration;

/// In how many of a thousand commands a rule acts that leaves nothing to chance.
const ALWAYS: u16 = 1_000;

/// Is one rule. A field that is nothing matches everything.
///
/// ```
/// use hwautomation_sim::{Action, Face, Fault};
///
/// // The second power cycle of srv001 is done, and its answer is lost.
/// let fault = Fault::new(Action::LoseAnswer).machine("srv001").face(Face::Bmc).command("power cycle").skip(1).times(1);
/// assert_eq!(fault.remaining, Some(1));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The machine that it is for.
    pub machine: Option<String>,
    /// The face that it is for.
    pub face: Option<Face>,
    /// What the text of the command must contain.
    pub command: Option<String>,
    /// What goes wrong.
    pub action: Action,
    /// How many commands that match go well first.
    pub skip: u32,
    /// How often it acts; nothing means for ever.
    pub remaining: Option<u32>,
    /// In how many of a thousand commands that match and come after those that go well first. The default is 1000: all of them.
    pub permille: u16,
    /// What chance comes from: the same seed, the same commands. The default is 0.
    pub seed: u64,
}

/// Is what goes wrong with a command.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Action {
    /// It never arrives.
    Drop,
    /// It is done, and the answer is lost.
    LoseAnswer,
    /// It arrives later.
    Delay(Duration),
    /// It is answered after a while between these, by chance.
    DelayBetween {
        /// At least.
        least: Duration,
        /// At most.
        most: Duration,
    },
    /// The power shows the command only after so long.
    LateEffect(Duration),
    /// The power shows the command only after a while between these, by chance.
    LateEffectBetween {
        /// At least.
        least: Duration,
        /// At most.
        most: Duration,
    },
    /// The answer comes after the next answer to the same peer.
    HoldBack,
    /// One byte of the answer is another on the wire; which, the number says, and it changes each time.
    Corrupt(u64),
    /// A datagram that makes no sense comes before the answer.
    Garbage,
    /// A datagram of 4 KiB comes before the answer.
    Oversize,
    /// The answer carries the number of another session.
    OtherSession,
    /// A power status says the opposite.
    OppositePower,
    /// The answer comes twice, where the protocol can carry that.
    Duplicate,
    /// It is refused.
    Refuse(Refusal),
    /// It is answered as if it were done, and is not.
    AcceptWithoutEffect,
    /// It is answered with something that says nothing.
    Unclear,
    /// The answer comes in small pieces.
    Slow,
    /// The firmware drops a setting from what is staged and says nothing.
    IgnoreSetting(String),
    /// The firmware takes the nearest value that it likes better, and says nothing.
    ClampSetting(String),
    /// The environment answers with another SSH host key than before in this boot.
    ChangeHostKey,
    /// The commissioning that this command begins fails.
    FailCommissioning,
}

/// Is a refusal, in the terms of a face. A face that gets one of another's terms answers with its own most general error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// An IPMI completion code, or a status code of the session handshake.
    Code(u8),
    /// An HTTP answer as plain text.
    Http {
        /// The status.
        status: u16,
        /// The body.
        body: String,
        /// What `Retry-After` says, in seconds.
        retry_after_secs: Option<u32>,
    },
    /// The end of a program.
    Exit {
        /// The exit status.
        status: u8,
        /// What it says on standard error.
        text: String,
    },
}

impl Fault {
    /// Returns a rule that matches everything and acts for ever.
    pub const fn new(action: Action) -> Self {
        Self {
            machine: None,
            face: None,
            command: None,
            action,
            skip: 0,
            remaining: None,
            permille: ALWAYS,
            seed: 0,
        }
    }

    /// Narrows it to one machine.
    #[must_use]
    pub fn machine(self, name: impl Into<String>) -> Self {
        Self { machine: Some(name.into()), ..self }
    }

    /// Narrows it to one face.
    #[must_use]
    pub fn face(self, face: Face) -> Self {
        Self { face: Some(face), ..self }
    }

    /// Narrows it to commands whose text contains this.
    #[must_use]
    pub fn command(self, text: impl Into<String>) -> Self {
        Self { command: Some(text.into()), ..self }
    }

    /// Lets so many matching commands go well first.
    #[must_use]
    pub fn skip(self, count: u32) -> Self {
        Self { skip: count, ..self }
    }

    /// Lets it act so often and no more.
    #[must_use]
    pub fn times(self, count: u32) -> Self {
        Self { remaining: Some(count), ..self }
    }

    /// Lets it act in so many of a thousand commands, by chance that comes from the seed.
    #[must_use]
    pub fn chance(self, permille: u16, seed: u64) -> Self {
        Self { permille, seed, ..self }
    }

    /// Throws the dice: says whether it acts now.
    fn hits(&mut self) -> bool {
        self.permille >= ALWAYS || throw(&mut self.seed) % u64::from(ALWAYS) < self.permille.into()
    }

    /// Returns the action with everything that is left to chance drawn.
    fn drawn(&mut self) -> Action {
        let mut between = |least: Duration, most: Duration| {
            let span = u64::try_from(most.saturating_sub(least).as_millis()).unwrap_or(u64::MAX);
            least + Duration::from_millis(throw(&mut self.seed) % span.saturating_add(1))
        };
        match self.action {
            Action::DelayBetween { least, most } => Action::Delay(between(least, most)),
            Action::LateEffectBetween { least, most } => Action::LateEffect(between(least, most)),
            Action::Corrupt(_) => Action::Corrupt(throw(&mut self.seed)),
            _ => self.action.clone(),
        }
    }

    fn matches(&self, face: Face, machine: Option<&str>, command: &str) -> bool {
        self.remaining != Some(0)
            && self.face.is_none_or(|wanted| wanted == face)
            && self.machine.as_deref().is_none_or(|wanted| machine == Some(wanted))
            && self.command.as_deref().is_none_or(|wanted| command.contains(wanted))
    }
}

impl Action {
    /// Returns what the firmware makes of changes that are staged under this fault.
    pub(crate) fn bend(
        &self,
        changes: &[Change],
        setting: impl Fn(&Change) -> Option<Setting>,
    ) -> Vec<Change> {
        let bent = |change: &Change| match self {
            Self::IgnoreSetting(name) if *name == change.name => None,
            Self::ClampSetting(name) if *name == change.name => {
                setting(change).map(|setting| clamped(change, &setting))
            }
            _ => Some(change.clone()),
        };
        changes.iter().filter_map(bent).collect()
    }
}

/// Returns the change with another value than asked for that the setting can take: the default, or the least, or the first.
fn clamped(change: &Change, setting: &Setting) -> Change {
    let value = match &setting.kind {
        Kind::Option { options, .. } => options
            .iter()
            .map(|(_, option)| Value::Option(option.clone()))
            .find(|option| *option != change.value)
            .unwrap_or_else(|| change.value.clone()),
        Kind::CheckBox { default, .. } => Value::CheckBox(*default),
        Kind::Numeric { min, max, .. } if change.value == Value::Numeric(*min) => Value::Numeric(*max),
        Kind::Numeric { min, .. } => Value::Numeric(*min),
        Kind::Text { default, .. } => Value::Text(default.clone()),
    };
    Change { value, ..change.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::preset::supermicro_x11;

    fn change(name: &str, value: Value) -> Change {
        let menus = vec!["Advanced".to_owned(), "CPU Configuration".to_owned()];
        Change { menus, name: name.to_owned(), order: None, value }
    }

    fn bent(action: &Action) -> Vec<Value> {
        let bios = supermicro_x11();
        let changes = [
            change("Cores Enabled", Value::Numeric(12)),
            change("Execute Disable Bit", Value::Option("Disable".to_owned())),
        ];
        let bent = action.bend(&changes, |change| bios.setting(change).cloned());
        bent.into_iter().map(|change| change.value).collect()
    }

    #[test]
    fn an_ignored_setting_is_not_staged_and_the_others_are() {
        let left = bent(&Action::IgnoreSetting("Cores Enabled".to_owned()));
        assert_eq!(left, [Value::Option("Disable".to_owned())]);
    }

    #[test]
    fn a_clamped_setting_is_staged_with_another_value_that_it_can_take() {
        let number = bent(&Action::ClampSetting("Cores Enabled".to_owned()));
        assert_eq!(number, [Value::Numeric(0), Value::Option("Disable".to_owned())]);
        let option = bent(&Action::ClampSetting("Execute Disable Bit".to_owned()));
        assert_eq!(option, [Value::Numeric(12), Value::Option("Enable".to_owned())]);
    }

    #[test]
    fn any_other_fault_leaves_the_settings_alone() {
        assert_eq!(bent(&Action::LoseAnswer).len(), 2);
    }
}
