use super::*;
use hwautomation_core::error::{Error, ErrorKind};
use hwautomation_core::plugin::{BootDevice, BootFirmware, BootLasting};
use std::time::Duration;

fn row(result: Result<Said, Failure>) -> (String, String, Tone) {
    let row = Row::of("u1", &Answer { result, took: Duration::ZERO });
    (row.state, row.detail, row.tone)
}

fn failure(error: Error) -> Failure {
    ErrorRecord::from(&error).into()
}

#[test]
fn power_is_a_word_and_unknown_has_its_reason() {
    assert_eq!(row(Ok(Said::power(PowerState::On))), ("on".to_owned(), String::new(), Tone::Good));
    let unknown = PowerState::Unknown { reason: "the BMC cannot say".to_owned() };
    let expected = ("unknown".to_owned(), "the BMC cannot say".to_owned(), Tone::Doubtful);
    assert_eq!(row(Ok(Said::power(unknown))), expected);
}

#[test]
fn an_error_is_its_kind_and_its_cause_without_what_the_line_says_already() {
    let error = Error::new(
        ErrorKind::Unreachable,
        "reading the power state of machine u1 through its BMC at 10.0.0.1:9001: nobody answered within 5 ms",
    );
    let expected = ("unreachable".to_owned(), "nobody answered within 5 ms".to_owned(), Tone::Bad);
    assert_eq!(row(Err(failure(error))), expected);
    let other =
        Error::not_found("the name u1 does not resolve").with_source(std::io::Error::other("no such host"));
    assert_eq!(row(Err(failure(other))).1, "the name u1 does not resolve: no such host");
}

#[test]
fn an_unknown_outcome_is_told_as_such_with_what_is_now() {
    let lost = Error::new(ErrorKind::Timeout, "it was sent and not answered").unknown_outcome();
    let failed = Failure { power: Some(PowerState::Off), ..failure(lost) };
    let (state, detail, _) = row(Err(failed));
    assert_eq!(
        (state.as_str(), detail.as_str()),
        ("unknown outcome", "it was sent and not answered; it is off")
    );
}

#[test]
fn what_was_accepted_and_is_not_so_shows_how_it_is() {
    let late = Error::new(ErrorKind::Timeout, "power on was accepted, and after 60 s it is off");
    let failed = Failure { accepted: true, power: Some(PowerState::Off), ..failure(late) };
    let (state, _, tone) = row(Err(failed));
    assert_eq!((state.as_str(), tone), ("off", Tone::Bad));
}

#[test]
fn a_boot_device_says_for_how_long_and_by_what() {
    let request = BootRequest {
        device: BootDevice::Pxe,
        lasting: BootLasting::Persistent,
        firmware: BootFirmware::Legacy,
    };
    let (state, detail, _) = row(Ok(Said::Boot(BootSetting::Override(request))));
    assert_eq!((state.as_str(), detail.as_str()), ("pxe", "until it is changed, by legacy BIOS"));
    assert_eq!(row(Ok(Said::Boot(BootSetting::Unchanged))).0, "boot order");
}
