//! Sensor data records: what a BMC says about its sensors (IPMI 2.0, section 43). Pure; whatever arrives may be
//! anything, and what is too short is an error.

mod factor;
mod inventory;
mod record;
mod repository;
mod sensor;
mod text;
mod unit;

pub(crate) use factor::Factors;
#[cfg(test)]
pub(crate) use factor::Format;
pub(crate) use inventory::{Inventory, Listed};
pub(crate) use record::{HEADER_BYTES, Record};
pub(crate) use repository::{Part, Source, Stamp, length, piece, reservation};
pub(crate) use sensor::{Analog, Reads, SensorRecord};
