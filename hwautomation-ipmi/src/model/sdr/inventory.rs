//! All sensors that a BMC has records of.

use super::record::Record;
use super::sensor::{Reads, SensorRecord};
use std::collections::HashSet;

/// Holds the sensors of one BMC, or of many that have the same.
#[derive(Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Inventory {
    sensors: Vec<Listed>,
}

/// A sensor, and what tells it from all others of its BMC.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct Listed {
    pub(crate) id: String,
    pub(crate) record: SensorRecord,
}

impl Inventory {
    pub(crate) fn of(records: Vec<Record>) -> Self {
        let mut taken = HashSet::new();
        let sensors = records.into_iter().filter_map(|record| match record {
            Record::Sensors(sensors) => Some(sensors),
            Record::Device(_) | Record::Other(_) => None,
        });
        let list = |record| Listed { id: free_id(&mut taken, &record), record };
        Self { sensors: sensors.flatten().map(list).collect() }
    }

    /// Returns those that can be read, in the order of their records.
    pub(crate) fn readable(&self) -> impl Iterator<Item = &Listed> {
        self.sensors.iter().filter(|listed| listed.is_readable())
    }

    /// Finds the sensor with this number on a controller, of this logical unit there. One that can be read comes
    /// before one that only raises events.
    pub(crate) fn find(&self, (owner, unit): (u8, u8), number: u8) -> Option<&Listed> {
        let is_it = |listed: &&Listed| {
            let record = &listed.record;
            (record.owner, record.unit_number, record.number) == (owner, unit, number)
        };
        self.readable().find(is_it).or_else(|| self.sensors.iter().find(is_it))
    }
}

impl Listed {
    /// Tells whether it is one that a driver lists: those that only raise events are not.
    pub(crate) fn is_readable(&self) -> bool {
        self.record.reads != Reads::Nothing
    }
}

/// The controller, its logical unit and the sensor's number there; a second record of the same counts on.
fn free_id(taken: &mut HashSet<String>, record: &SensorRecord) -> String {
    let id = format!("{:02x}.{}.{:02x}", record.owner, record.unit_number, record.number);
    let numbered = (2..).map(|count| format!("{id}-{count}"));
    let free = std::iter::once(id.clone()).chain(numbered).find(|id| !taken.contains(id)).unwrap_or(id);
    taken.insert(free.clone());
    free
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::sdr::unit::Units;

    fn sensor(number: u8, reads: Reads) -> SensorRecord {
        let (kind, reading_type, name) = (0x08, 0x6F, format!("Sensor {number}"));
        let (owner, unit_number, units) = (0x20, 0, Units::default());
        let (compares, compared) = (false, 0);
        SensorRecord {
            owner,
            unit_number,
            number,
            name,
            kind,
            reading_type,
            compares,
            compared,
            units,
            reads,
        }
    }

    fn inventory() -> Inventory {
        Inventory::of(vec![
            Record::Device("Board".to_owned()),
            Record::Sensors(vec![sensor(0x1F, Reads::Nothing)]),
            Record::Sensors(vec![sensor(0x1F, Reads::States), sensor(0x20, Reads::States)]),
            Record::Other(0xC0),
            Record::Sensors(vec![sensor(0x1F, Reads::States), sensor(0x30, Reads::Nothing)]),
        ])
    }

    #[test]
    fn no_two_sensors_have_the_same_id() {
        let ids: Vec<_> = inventory().sensors.into_iter().map(|listed| listed.id).collect();
        assert_eq!(ids, ["20.0.1f", "20.0.1f-2", "20.0.20", "20.0.1f-3", "20.0.30"]);
    }

    #[test]
    fn a_sensor_that_only_raises_events_is_found_and_not_listed() {
        let inventory = inventory();
        assert_eq!(inventory.readable().count(), 3);
        assert_eq!(inventory.find((0x20, 0), 0x30).unwrap().record.name, "Sensor 48");
        assert_eq!(inventory.find((0x20, 0), 0x1F).unwrap().id, "20.0.1f-2", "the one that can be read");
        assert!(inventory.find((0x20, 1), 0x30).is_none() && inventory.find((0x24, 0), 0x30).is_none());
    }
}
