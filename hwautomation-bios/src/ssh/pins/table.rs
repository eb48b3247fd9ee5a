//! The pins of all machines, and their form as text. Pure.

use hwautomation_core::id::MachineId;
use std::collections::BTreeMap;

/// Holds the newest pin of each machine: as many as there are machines, whatever their generations.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Table(BTreeMap<MachineId, Pin>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Pin {
    generation: u64,
    key: String,
}

impl Table {
    /// Returns the pin of this or a newer generation.
    pub(super) fn pinned(&self, machine: &MachineId, generation: u64) -> Option<&str> {
        self.0.get(machine).filter(|pin| pin.generation >= generation).map(|pin| pin.key.as_str())
    }

    /// Adds the pin, which replaces that of an older generation.
    pub(super) fn insert(&mut self, machine: &MachineId, generation: u64, key: &str) {
        self.0.insert(machine.clone(), Pin { generation, key: key.to_owned() });
    }

    /// Writes a line for each machine: id, generation and fingerprint, none of which has a blank.
    pub(super) fn to_text(&self) -> String {
        self.0.iter().map(|(machine, pin)| format!("{machine} {} {}\n", pin.generation, pin.key)).collect()
    }

    /// Reads what [`to_text`](Self::to_text) wrote; on failure, says which line is wrong.
    pub(super) fn read(text: &str) -> Result<Self, usize> {
        let pins = text.lines().enumerate().map(|(at, line)| pin(line).ok_or(at + 1));
        pins.collect::<Result<_, _>>().map(Self)
    }
}

fn pin(line: &str) -> Option<(MachineId, Pin)> {
    let mut words = line.split(' ');
    let (machine, generation, key) = (words.next()?, words.next()?, words.next()?);
    let complete = !key.is_empty() && words.next().is_none();
    let pin = Pin { generation: generation.parse().ok()?, key: key.to_owned() };
    complete.then_some((MachineId::new(machine).ok()?, pin))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one() -> MachineId {
        MachineId::from_static("srv001")
    }

    #[test]
    fn a_new_generation_drops_the_old_pin_and_an_old_question_gets_the_new_one() {
        let mut table = Table::default();
        table.insert(&one(), 3, "SHA256:a");
        assert_eq!((table.pinned(&one(), 3), table.pinned(&one(), 4)), (Some("SHA256:a"), None));
        table.insert(&one(), 4, "SHA256:b");
        assert_eq!((table.pinned(&one(), 3), table.pinned(&one(), 4)), (Some("SHA256:b"), Some("SHA256:b")));
        assert_eq!(table.to_text().lines().count(), 1);
    }

    #[test]
    fn text_reads_back_and_a_broken_line_is_named() {
        let mut table = Table::default();
        table.insert(&one(), 3, "SHA256:a");
        table.insert(&MachineId::from_static("srv002"), u64::MAX, "SHA256:b");
        assert_eq!(Table::read(&table.to_text()), Ok(table));
        assert_eq!(Table::read("srv001 1 SHA256:a\nsrv002 1"), Err(2));
        for line in ["srv001 x SHA256:a", "srv001 1 ", "srv001 1 a b", " 1 a"] {
            assert_eq!(Table::read(line), Err(1), "{line}");
        }
    }
}
