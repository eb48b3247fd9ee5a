//! Sensors and the event log: what is read, what is refused, and what the machine writes by itself.

use super::console::{Console, Lab};
use crate::model::bmc::SdrReads;
use crate::model::machine::Machine;
use crate::model::power::Control;
use crate::model::sensor::{Sensor, WhenOff};

fn changed<R>(lab: &Lab, change: impl FnOnce(&mut Machine) -> R) -> R {
    let mut machine = lab.ground.machine.borrow_mut();
    machine.settle(lab.ground.now.get());
    let result = change(&mut machine);
    machine.touched = true;
    machine.settle(lab.ground.now.get());
    result
}

fn sensor<R>(lab: &Lab, name: &str, change: impl FnOnce(&mut Sensor) -> R) -> R {
    changed(lab, |machine| change(machine.bmc.sensor_named(name).unwrap()))
}

/// A machine with power, and a console of its BMC.
fn running() -> (Lab, Console) {
    let mut lab = Lab::new();
    let console = lab.log_in();
    changed(&lab, |machine| machine.control(Control::PowerOn)).unwrap();
    (lab, console)
}

/// Reads all records, each in parts of that many bytes.
fn records(lab: &mut Lab, console: &mut Console, part: u8) -> Vec<Vec<u8>> {
    let reservation = console.call(lab, 0x0A, 0x22, &[]).unwrap();
    let (mut records, mut id) = (Vec::new(), [0, 0]);
    while id != [0xFF, 0xFF] {
        let mut record: Vec<u8> = Vec::new();
        let next = loop {
            let offset = record.len() as u8;
            let data = [&reservation[..], &id, &[offset, part]].concat();
            let answer = console.call(lab, 0x0A, 0x23, &data).unwrap();
            record.extend(&answer[2..]);
            if record.len() >= 5 && record.len() == usize::from(record[4]) + 5 {
                break [answer[0], answer[1]];
            }
        };
        records.push(record);
        id = next;
    }
    records
}

/// The entries of the event log, each with the number of the next.
fn entries(lab: &mut Lab, console: &mut Console) -> Vec<Vec<u8>> {
    let (mut entries, mut id) = (Vec::new(), vec![0, 0]);
    while id != [0xFF, 0xFF] {
        let Ok(answer) = console.call(lab, 0x0A, 0x43, &[0, 0, id[0], id[1], 0, 0xFF]) else { break };
        entries.push(answer[2..].to_vec());
        id = answer[..2].to_vec();
    }
    entries
}

/// What of an entry says what happened: type, sensor, direction and event, data.
fn what(entry: &[u8]) -> &[u8] {
    &entry[10..]
}

#[test]
fn the_records_are_the_same_whole_or_in_parts() {
    let (mut lab, mut console) = running();
    let info = console.call(&mut lab, 0x0A, 0x20, &[]).unwrap();
    assert_eq!((info[0], info[1], info[13]), (0x51, 19, 0x02));
    let whole = records(&mut lab, &mut console, 0xFF);
    assert_eq!(whole.len(), 19);
    assert_eq!(records(&mut lab, &mut console, 16), whole);
    assert_eq!(records(&mut lab, &mut console, 1), whole);
    let kinds: Vec<u8> = whole.iter().map(|record| record[3]).collect();
    assert_eq!(kinds, [&[1; 13][..], &[2; 4], &[0x11, 0x12]].concat());
}

#[test]
fn a_part_needs_the_reservation_that_counts() {
    let (mut lab, mut console) = running();
    let get = |lab: &mut Lab, console: &mut Console, reservation: &[u8], offset: u8| {
        console.call(lab, 0x0A, 0x23, &[reservation, &[1, 0, offset, 4]].concat()).map(|data| data.len())
    };
    assert_eq!(get(&mut lab, &mut console, &[0, 0], 0), Ok(6), "the beginning needs none");
    assert_eq!(get(&mut lab, &mut console, &[0, 0], 5), Err(0xC5));
    let first = console.call(&mut lab, 0x0A, 0x22, &[]).unwrap();
    assert_eq!(get(&mut lab, &mut console, &first, 5), Ok(6));
    let second = console.call(&mut lab, 0x0A, 0x22, &[]).unwrap();
    assert_eq!(get(&mut lab, &mut console, &first, 5), Err(0xC5), "another one came");
    sensor(&lab, "FAN1", |sensor| sensor.name = "FAN A".to_owned());
    assert_eq!(get(&mut lab, &mut console, &second, 5), Err(0xC5), "the records changed");
    let third = console.call(&mut lab, 0x0A, 0x22, &[]).unwrap();
    changed(&lab, Machine::reset_bmc);
    assert_eq!(get(&mut lab, &mut console, &third, 5), Err(0xC5), "the BMC restarted");
    assert_eq!(console.call(&mut lab, 0x0A, 0x23, &[0, 0, 99, 0, 0, 4]), Err(0xCB));
    let fourth = console.call(&mut lab, 0x0A, 0x22, &[]).unwrap();
    assert_eq!(get(&mut lab, &mut console, &fourth, 200), Err(0xC9));
}

#[test]
fn more_bytes_than_the_bmc_can_send_are_refused_with_its_code() {
    let (mut lab, mut console) = running();
    for refusal in [0xC7, 0xCA, 0xFF] {
        changed(&lab, |machine| machine.bmc.sdr_reads = SdrReads { bytes_max: 16, refusal });
        for count in [17, 0xFF] {
            assert_eq!(console.call(&mut lab, 0x0A, 0x23, &[0, 0, 0, 0, 0, count]), Err(refusal));
        }
        assert_eq!(console.call(&mut lab, 0x0A, 0x23, &[0, 0, 0, 0, 0, 16]).unwrap().len(), 18);
    }
}

#[test]
fn a_reading_says_what_is_read_whether_it_is_and_which_thresholds_are_reached() {
    let (mut lab, mut console) = running();
    let read = |lab: &mut Lab, console: &mut Console| console.call(lab, 0x04, 0x2D, &[0x01]).unwrap();
    assert_eq!(read(&mut lab, &mut console), [42, 0xC0, 0xC0]);
    sensor(&lab, "CPU1 Temp", |sensor| sensor.set_value(92.0));
    assert_eq!(read(&mut lab, &mut console), [92, 0xC0, 0xD8]);
    sensor(&lab, "CPU1 Temp", |sensor| sensor.scanning = false);
    assert_eq!(read(&mut lab, &mut console), [92, 0x80, 0xC0]);
    sensor(&lab, "CPU1 Temp", |sensor| sensor.available = false);
    assert_eq!(read(&mut lab, &mut console), [0, 0xA0, 0xC0]);
    assert_eq!(console.call(&mut lab, 0x04, 0x2D, &[0xC8]), Ok(vec![0, 0xC0, 0x01, 0x80]));
    assert_eq!(console.call(&mut lab, 0x04, 0x2D, &[0x99]), Err(0xCB));
}

#[test]
fn readings_follow_the_power() {
    let (mut lab, mut console) = running();
    let mut read = |lab: &mut Lab, number| console.call(lab, 0x04, 0x2D, &[number]).unwrap();
    assert_eq!((read(&mut lab, 0x41)[0], read(&mut lab, 0x0B)[0], read(&mut lab, 0xAB)[2]), (54, 33, 0));
    changed(&lab, |machine| machine.control(Control::PowerOff)).unwrap();
    assert_eq!(read(&mut lab, 0x41), [0, 0xE0, 0xC0], "a fan that stands says nothing");
    assert_eq!((read(&mut lab, 0x0B)[0], read(&mut lab, 0x0A)[0], read(&mut lab, 0xAB)[2]), (24, 72, 1));
    sensor(&lab, "FAN1", |sensor| sensor.when_off = WhenOff::Reads(0));
    assert_eq!(read(&mut lab, 0x41), [0, 0xC0, 0xC0], "or zero, which is no alarm then");
}

#[test]
fn thresholds_are_read_and_set_and_hysteresis_is_read() {
    let (mut lab, mut console) = running();
    assert_eq!(console.call(&mut lab, 0x04, 0x27, &[0x41]), Ok(vec![0x27, 7, 5, 3, 0, 0, 254]));
    assert_eq!(console.call(&mut lab, 0x04, 0x25, &[0x41, 0xFF]), Ok(vec![1, 1]));
    assert_eq!(console.call(&mut lab, 0x04, 0x26, &[0x41, 0x02, 9, 6, 9, 9, 9, 9]), Ok(vec![]));
    assert_eq!(console.call(&mut lab, 0x04, 0x27, &[0x41]), Ok(vec![0x27, 7, 6, 3, 0, 0, 254]));
    assert_eq!(console.call(&mut lab, 0x04, 0x26, &[0x41, 0x08, 9, 6, 9, 9, 9, 9]), Err(0xCC));
    assert_eq!(console.call(&mut lab, 0x04, 0x27, &[0xC8]), Err(0xCD));
    assert_eq!(console.call(&mut lab, 0x04, 0x2F, &[0xC8]), Ok(vec![0x08, 0x6F]));
    assert_eq!(console.call(&mut lab, 0x04, 0x29, &[0xC8]), Ok(vec![0xC0, 0x0F, 0, 0x0F, 0]));
    assert_eq!(console.call(&mut lab, 0x04, 0x2B, &[0x41]), Ok(vec![0xC0, 0, 0, 0, 0]));
}

#[test]
fn what_happens_to_the_machine_is_in_the_log() {
    let (mut lab, mut console) = running();
    sensor(&lab, "CPU1 Temp", |sensor| sensor.set_value(90.0));
    sensor(&lab, "CPU1 Temp", |sensor| sensor.set_value(50.0));
    sensor(&lab, "PS2 Status", |sensor| sensor.set_states(0x03));
    changed(&lab, Machine::reset_bmc);
    changed(&lab, |machine| machine.control(Control::PowerOff)).unwrap();
    let found = entries(&mut lab, &mut console);
    let wanted: [&[u8]; 8] = [
        // It had no power, and has.
        &[0x09, 0xAB, 0xEF, 0, 0xFF, 0xFF],
        &[0x01, 0x01, 0x01, 0x57, 90, 85],
        &[0x01, 0x01, 0x01, 0x59, 90, 90],
        &[0x01, 0x01, 0x81, 0x57, 50, 85],
        &[0x01, 0x01, 0x81, 0x59, 50, 90],
        &[0x08, 0xC9, 0x6F, 1, 0xFF, 0xFF],
        &[0x16, 0xFF, 0x0A, 0, 0xFF, 0xFF],
        &[0x09, 0xAB, 0x6F, 0, 0xFF, 0xFF],
    ];
    assert_eq!(found.iter().map(|entry| what(entry)).collect::<Vec<_>>(), wanted);
}

#[test]
fn a_machine_that_stands_still_writes_nothing() {
    let (mut lab, mut console) = running();
    let before = entries(&mut lab, &mut console).len();
    lab.ground.now.set(3_600_000);
    let mut console = lab.log_in();
    assert_eq!(entries(&mut lab, &mut console).len(), before);
}

#[test]
fn entries_are_added_read_in_parts_and_deleted() {
    let mut lab = Lab::new();
    let mut console = lab.log_in();
    lab.ground.now.set(7_000);
    let entry = [9, 9, 2, 9, 9, 9, 9, 0x41, 0, 4, 0x12, 0x20, 0x6F, 1, 2, 3];
    assert_eq!(console.call(&mut lab, 0x0A, 0x44, &entry), Ok(vec![1, 0]));
    assert_eq!(console.call(&mut lab, 0x0A, 0x44, &entry), Ok(vec![2, 0]));
    let stored = [1, 0, 2, 7, 0, 0, 0, 0x41, 0, 4, 0x12, 0x20, 0x6F, 1, 2, 3];
    let whole = console.call(&mut lab, 0x0A, 0x43, &[0, 0, 1, 0, 0, 0xFF]);
    assert_eq!(whole, Ok([&[2, 0], &stored[..]].concat()));
    assert_eq!(console.call(&mut lab, 0x0A, 0x43, &[0, 0, 1, 0, 8, 4]), Err(0xC5));
    let reservation = console.call(&mut lab, 0x0A, 0x42, &[]).unwrap();
    let part = console.call(&mut lab, 0x0A, 0x43, &[&reservation[..], &[1, 0, 8, 4]].concat());
    assert_eq!(part, Ok([&[2, 0], &stored[8..12]].concat()));
    assert_eq!(console.call(&mut lab, 0x0A, 0x46, &[&reservation[..], &[1, 0]].concat()), Ok(vec![1, 0]));
    assert_eq!(console.call(&mut lab, 0x0A, 0x46, &[&reservation[..], &[2, 0]].concat()), Err(0xC5));
    assert_eq!(console.call(&mut lab, 0x0A, 0x43, &[0, 0, 1, 0, 0, 0xFF]), Err(0xCB));
    let info = console.call(&mut lab, 0x0A, 0x40, &[]).unwrap();
    assert_eq!(info, [0x51, 1, 0, 0xF0, 0x1F, 7, 0, 0, 0, 7, 0, 0, 0, 0x0A]);
}

#[test]
fn a_full_log_says_so() {
    let mut lab = Lab::new();
    let mut console = lab.log_in();
    changed(&lab, |machine| machine.bmc.sel.capacity = 1);
    assert_eq!(console.call(&mut lab, 0x0A, 0x44, &[0; 16]), Ok(vec![1, 0]));
    assert_eq!(console.call(&mut lab, 0x0A, 0x44, &[0; 16]), Err(0xC4));
    let info = console.call(&mut lab, 0x0A, 0x40, &[]).unwrap();
    assert_eq!((&info[1..5], info[13]), (&[1, 0, 0, 0][..], 0x8A));
}

#[test]
fn clearing_takes_a_time_in_which_the_log_is_busy() {
    let (mut lab, mut console) = running();
    changed(&lab, |machine| machine.tempo.sel_erase = std::time::Duration::from_secs(2));
    let order = |reservation: &[u8], what: u8| [reservation, b"CLR", &[what]].concat();
    assert_eq!(console.call(&mut lab, 0x0A, 0x47, &order(&[9, 9], 0xAA)), Err(0xC5));
    let reservation = console.call(&mut lab, 0x0A, 0x42, &[]).unwrap();
    assert_eq!(console.call(&mut lab, 0x0A, 0x47, &order(&reservation, 0xAA)), Ok(vec![0]));
    assert_eq!(console.call(&mut lab, 0x0A, 0x47, &order(&reservation, 0x00)), Ok(vec![0]));
    assert_eq!(console.call(&mut lab, 0x0A, 0x42, &[]), Err(0x81));
    assert_eq!(console.call(&mut lab, 0x0A, 0x43, &[0, 0, 0, 0, 0, 0xFF]), Err(0x81));
    lab.ground.now.set(2_000);
    assert_eq!(console.call(&mut lab, 0x0A, 0x47, &order(&reservation, 0x00)), Ok(vec![1]));
    assert_eq!(entries(&mut lab, &mut console), Vec::<Vec<u8>>::new());
    assert_eq!(console.call(&mut lab, 0x0A, 0x47, &[1, 0, b'X', b'L', b'R', 0xAA]), Err(0xCC));
}

#[test]
fn the_clock_of_the_log_is_set_and_goes_on() {
    let mut lab = Lab::new();
    let mut console = lab.log_in();
    assert_eq!(console.call(&mut lab, 0x0A, 0x49, &[0, 1, 0, 0]), Ok(vec![]));
    lab.ground.now.set(3_000);
    assert_eq!(console.call(&mut lab, 0x0A, 0x48, &[]), Ok(vec![3, 1, 0, 0]));
}

#[test]
fn the_lamp_is_lit_for_a_while_or_until_it_is_switched_off() {
    let mut lab = Lab::new();
    let mut console = lab.log_in();
    let lamp = |lab: &mut Lab, console: &mut Console| console.call(lab, 0x00, 0x01, &[]).unwrap()[2] >> 4 & 3;
    for (data, lit, lit_later) in [(&[][..], 1, 0), (&[5], 1, 0), (&[0, 1], 2, 2), (&[0], 0, 0)] {
        assert_eq!(console.call(&mut lab, 0x00, 0x04, data), Ok(vec![]));
        assert_eq!(lamp(&mut lab, &mut console), lit);
        lab.ground.now.set(lab.ground.now.get() + 15_000);
        assert_eq!(lamp(&mut lab, &mut console), lit_later, "{data:?}");
    }
}

#[test]
fn hours_are_counted_with_power_and_not_without() {
    let (mut lab, _) = running();
    let hours = |lab: &mut Lab| {
        let mut console = lab.log_in();
        console.call(lab, 0x00, 0x0F, &[]).unwrap()
    };
    lab.ground.now.set(2 * 3_600_000);
    assert_eq!(hours(&mut lab), [60, 2, 0, 0, 0]);
    changed(&lab, |machine| machine.control(Control::PowerOff)).unwrap();
    lab.ground.now.set(9 * 3_600_000);
    assert_eq!(hours(&mut lab), [60, 2, 0, 0, 0]);
}
