//! Asking a BMC for its sensor records: from the repository of the whole system (IPMI 2.0, section 33), or from the
//! BMC's own list where it keeps no repository (section 35).

use super::record::HEADER_BYTES;
use crate::error::IpmiError;
use crate::model::command::Command;

const ASKING: &str = "asking about the sensor records";
const RESERVING: &str = "reserving the sensor records";
const READING: &str = "reading a sensor record";

/// The bits of what a device supports (section 20.1, byte 7).
const HAS_SENSORS: u8 = 1 << 0;
const HAS_REPOSITORY: u8 = 1 << 1;
/// The byte that means "all that is there".
const ENTIRE: u8 = 0xFF;
/// How many bytes the answers have at least.
const INFO_BYTES: usize = 14;
const LIST_INFO_BYTES: usize = 2;

/// Where the records are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    Repository,
    /// The list of the BMC's own sensors.
    Own,
}

/// Tells one state of a BMC's records from another: who the BMC is, and when its records changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Stamp {
    device: Vec<u8>,
    info: Vec<u8>,
    is_of_nothing: bool,
}

/// Which bytes of a record to ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Part {
    pub(crate) offset: u8,
    /// Nothing means to the end.
    pub(crate) count: Option<u8>,
}

/// A piece of a record, and the id of the record behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Piece<'a> {
    pub(crate) next: u16,
    pub(crate) bytes: &'a [u8],
}

impl Source {
    /// Finds out from the answer to Get Device ID; nothing when the BMC has no sensors at all.
    pub(crate) fn of(device: &[u8]) -> Option<Self> {
        match device.get(5) {
            Some(support) if support & HAS_REPOSITORY != 0 => Some(Self::Repository),
            Some(support) if support & HAS_SENSORS != 0 => Some(Self::Own),
            _ => None,
        }
    }

    /// Asks how many records there are and when they changed.
    pub(crate) fn ask(self) -> Command {
        Command::reads(ASKING, self.code(0x20), &[])
    }

    /// Takes a stamp from the answer.
    pub(crate) fn stamp(self, device: &[u8], info: &[u8]) -> Result<Stamp, IpmiError> {
        let least = if self == Self::Repository { INFO_BYTES } else { LIST_INFO_BYTES };
        if info.len() < least {
            return Err(IpmiError::malformed(ASKING, format!("{} bytes, not {least}", info.len())));
        }
        // The repository counts its records in two bytes behind its version, the BMC its own sensors in one.
        let count = if self == Self::Repository { info.get(1..3) } else { info.get(..1) };
        let is_of_nothing = count.is_some_and(|count| count.iter().all(|byte| *byte == 0));
        Ok(Stamp { device: device.to_vec(), info: info.to_vec(), is_of_nothing })
    }

    /// Asks for a reservation: whoever has it is told when the records change under its hands.
    pub(crate) fn reserve(self) -> Command {
        Command::reads(RESERVING, self.code(0x22), &[])
    }

    /// Asks for a part of a record.
    pub(crate) fn read(self, reservation: [u8; 2], record: u16, part: Part) -> Command {
        let number = if self == Self::Repository { 0x23 } else { 0x21 };
        let place = [part.offset, part.count.unwrap_or(ENTIRE)];
        Command::reads(READING, self.code(number), &reservation).with(&record.to_le_bytes()).with(&place)
    }

    fn code(self, number: u8) -> [u8; 2] {
        [if self == Self::Repository { 0x0A } else { 0x04 }, number]
    }
}

impl Stamp {
    /// Tells whether there are no records at all.
    pub(crate) fn is_of_nothing(&self) -> bool {
        self.is_of_nothing
    }
}

/// Reads a reservation.
pub(crate) fn reservation(data: &[u8]) -> Result<[u8; 2], IpmiError> {
    let id = data.first_chunk().copied();
    id.ok_or_else(|| IpmiError::malformed(RESERVING, format!("{} bytes, not 2", data.len())))
}

/// Reads a piece of a record. One without a byte brings nobody further.
pub(crate) fn piece(data: &[u8]) -> Result<Piece<'_>, IpmiError> {
    match data.split_first_chunk() {
        Some((next, bytes)) if !bytes.is_empty() => Ok(Piece { next: u16::from_le_bytes(*next), bytes }),
        _ => Err(IpmiError::malformed(READING, format!("{} bytes, not at least 3", data.len()))),
    }
}

/// Returns how long the record is that begins so, with its header, once the header is there.
pub(crate) fn length(beginning: &[u8]) -> Option<usize> {
    let [.., rest] = beginning.first_chunk::<HEADER_BYTES>()?;
    Some(HEADER_BYTES + usize::from(*rest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn commands_have_the_bytes_of_the_specification() {
        let part = Part { offset: 5, count: Some(16) };
        let command = Source::Repository.read([0x34, 0x12], 0xABCD, part);
        assert_eq!((command.netfn, command.number), (0x0A, 0x23));
        assert_eq!(*command.data, [0x34, 0x12, 0xCD, 0xAB, 5, 16]);
        let command = Source::Own.read([0, 0], 0, Part { offset: 0, count: None });
        assert_eq!((command.netfn, command.number), (0x04, 0x21));
        assert_eq!(*command.data, [0, 0, 0, 0, 0, 0xFF]);
        let numbers = [
            Source::Repository.ask(),
            Source::Repository.reserve(),
            Source::Own.ask(),
            Source::Own.reserve(),
        ];
        assert_eq!(
            numbers.map(|command| (command.netfn, command.number)),
            [(10, 32), (10, 34), (4, 32), (4, 34)]
        );
    }

    #[test]
    fn a_repository_is_read_before_the_bmcs_own_list() {
        for (support, expected) in [
            (0x9F, Some(Source::Repository)),
            (0x02, Some(Source::Repository)),
            (0x01, Some(Source::Own)),
            (0x84, None),
        ] {
            assert_eq!(Source::of(&[0x20, 1, 9, 8, 2, support]), expected);
        }
        assert_eq!(Source::of(&[0x20, 1, 9, 8, 2]), None);
    }

    #[test]
    fn another_time_or_another_bmc_is_another_stamp() {
        let info = [0x51, 3, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 0x22];
        let stamp = |device: &[u8], info: &[u8]| Source::Repository.stamp(device, info).unwrap();
        assert_eq!(stamp(&[1], &info), stamp(&[1], &info));
        let mut later = info;
        later[5] += 1;
        assert_ne!(stamp(&[1], &info), stamp(&[1], &later));
        assert_ne!(stamp(&[1], &info), stamp(&[2], &info));
        assert!(Source::Repository.stamp(&[1], &info[..13]).is_err());
        assert!(Source::Own.stamp(&[1], &[4, 1]).is_ok() && Source::Own.stamp(&[1], &[4]).is_err());
    }

    #[test]
    fn a_piece_names_the_next_record_and_its_length_is_known_from_the_header_on() {
        let data = [0xFF, 0xFF, 1, 0, 0x51, 1, 43];
        assert_eq!(piece(&data).unwrap(), Piece { next: 0xFFFF, bytes: &data[2..] });
        assert_eq!((length(&data[2..]), length(&data[2..6])), (Some(48), None));
        assert!(piece(&[1, 0]).is_err() && piece(&[]).is_err());
        assert_eq!(reservation(&[0x34, 0x12]).unwrap(), [0x34, 0x12]);
        assert!(reservation(&[0x34]).is_err());
    }

    proptest! {
        #[test]
        fn no_answer_is_a_panic(data in prop::collection::vec(any::<u8>(), 0..40)) {
            let _ = (piece(&data).is_ok(), reservation(&data).is_ok(), length(&data), Source::of(&data));
        }
    }
}
