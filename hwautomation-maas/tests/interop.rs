//! Our requests beside those that a real MAAS 3.7.3 answered, and what we make of its answers.
//!
//! The peer is recorded (`tests/data`), so these tests run everywhere.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use hwautomation_core::error::{Error, ErrorClass, ErrorKind, Result};
use hwautomation_core::machine::Machine;
use hwautomation_core::plugin::{
    CommissionOptions, CommissionReading, CommissionRun, CommissionState, Commissioner, KeepReachable,
};
use hwautomation_maas::MaasCommissioner;
use std::time::Duration;
use support::recorded::{Recorded, recorded};
use support::{Service, commissioner, machine};

const TRANSIENT: ErrorClass = ErrorClass::Transient { after: None };

/// One exchange of a conversation: which recording answers, and what our request is to be.
struct Step {
    answer: Recorded,
    /// The recorded request, with what differs on purpose.
    expect: Recorded,
}

impl Step {
    /// Changes a name in the expected form and in the answer.
    fn but(self, from: &str, to: &str) -> Self {
        Self { answer: self.answer.but(from, to), expect: self.expect.but(from, to) }
    }
}

/// Our request is the recorded one, byte for byte where it matters.
fn same(number: &str) -> Step {
    Step { answer: recorded(number), expect: recorded(number) }
}

/// Our request is that of `request`, and MAAS answers as in `answer`, which shows the same machine or the same
/// refusal.
fn as_if(request: &str, answer: &str) -> Step {
    Step { answer: recorded(answer), expect: recorded(request) }
}

/// Our request reads this machine, which was not read at that moment: the answer to another request shows it.
fn reading(system_id: &str, answer: &str) -> Step {
    let mut step = as_if("135", answer);
    step.expect.request.line = format!("GET /MAAS/api/2.0/machines/{system_id}/");
    step
}

/// Holds a conversation of one call, and checks that it went as recorded.
async fn converse<T>(
    system_id: &str,
    steps: Vec<Step>,
    call: impl AsyncFnOnce(MaasCommissioner, Machine) -> Result<T>,
) -> Result<T> {
    let service = Service::answering(steps.iter().map(|step| step.answer.answer()).collect()).await;
    let outcome = call(commissioner(&service), machine(system_id)).await;
    let seen = service.seen();
    assert_eq!(seen.len(), steps.len(), "{:?}", service.lines());
    steps.iter().zip(&seen).for_each(|(step, ours)| step.expect.request.check(ours));
    if let Err(error) = &outcome {
        assert!(error.remedy().is_some(), "{error:?}");
        assert!(error.message().contains("srv001") && error.message().contains(system_id), "{error}");
    }
    outcome
}

fn options(skip_tests: bool) -> CommissionOptions {
    CommissionOptions { keep_reachable: KeepReachable::No, skip_tests }
}

async fn commission(system_id: &str, skip_tests: bool, steps: Vec<Step>) -> Result<CommissionRun> {
    converse(system_id, steps, async |maas, machine| maas.commission(&machine, &options(skip_tests)).await)
        .await
}

async fn read(system_id: &str, steps: Vec<Step>) -> Result<CommissionReading> {
    converse(system_id, steps, async |maas, machine| maas.commission_state(&machine).await).await
}

async fn add_tag(tag: &str, steps: Vec<Step>) -> Result<()> {
    converse("shxrm6", steps, async |maas, machine| maas.add_tag(&machine, tag).await).await
}

async fn release(system_id: &str, steps: Vec<Step>) -> Result<()> {
    converse(system_id, steps, async |maas, machine| maas.release(&machine).await).await
}

fn verdict<T: std::fmt::Debug>(outcome: Result<T>) -> (ErrorKind, ErrorClass) {
    let error = outcome.unwrap_err();
    (error.kind(), error.class())
}

fn run(id: &str) -> CommissionRun {
    CommissionRun(id.to_owned())
}

#[tokio::test]
async fn a_commissioning_has_its_number_in_the_answer_and_ends_ready_under_it() {
    let begun = commission("whggsg", true, vec![reading("whggsg", "601"), same("602")]).await.unwrap();
    assert_eq!(begun, run("18"));
    let ended = read("whggsg", vec![same("603")]).await.unwrap();
    assert_eq!(
        (ended.state, ended.run, ended.message.as_str()),
        (CommissionState::Ready, Some(begun), "Ready")
    );
}

#[tokio::test]
async fn another_commissioning_with_tests_has_another_number() {
    let begun = commission("whggsg", false, vec![same("603"), same("605")]).await.unwrap();
    assert_eq!(begun, run("20"));
}

#[tokio::test]
async fn a_failed_commissioning_is_failed_under_its_number() {
    let begun = commission("whggsg", true, vec![same("603"), same("606")]).await.unwrap();
    let ended = read("whggsg", vec![same("607")]).await.unwrap();
    assert_eq!((ended.state, ended.run), (CommissionState::Failed, Some(begun)));
    assert_eq!(ended.message, "Failed commissioning");
}

#[tokio::test]
async fn a_ready_that_a_person_made_vouches_for_no_run() {
    // Its commissioning could not start (327), then it was marked broken and fixed.
    let reading = read("shxrm6", vec![reading("shxrm6", "332")]).await.unwrap();
    assert_eq!((reading.state, reading.run), (CommissionState::Ready, None));
    // Before that, it was new, and nobody could wait for that run either.
    let fallen_back = read("shxrm6", vec![same("369")]).await.unwrap();
    assert_eq!((fallen_back.state, fallen_back.run), (CommissionState::New, None));
    assert!(reading.message.starts_with("Ready: Failed to query node's BMC"), "{}", reading.message);
}

#[tokio::test]
async fn a_state_that_does_not_allow_it_is_a_conflict() {
    for (system_id, shown, refused) in [("shxrm6", "325", "316"), ("skxywd", "132", "324")] {
        let outcome = commission(system_id, false, vec![reading(system_id, shown), same(refused)]).await;
        assert!(outcome.as_ref().unwrap_err().message().contains("current state of the node"), "{outcome:?}");
        assert_eq!(verdict(outcome), (ErrorKind::Conflict, ErrorClass::Permanent));
    }
}

#[tokio::test]
async fn a_bmc_that_does_not_obey_ends_the_commissioning_for_sure() {
    let outcome = commission("shxrm6", false, vec![same("369"), same("327")]).await;
    assert!(outcome.as_ref().unwrap_err().message().contains("ipmi: connection timeout"), "{outcome:?}");
    assert_eq!(verdict(outcome), (ErrorKind::Refused, TRANSIENT));
}

#[tokio::test]
async fn without_a_rack_controller_nothing_happens() {
    let outcome = commission("bd3p7f", false, vec![reading("bd3p7f", "701"), same("704")]).await;
    assert!(outcome.as_ref().unwrap_err().remedy().unwrap().contains("rack controller"));
    assert_eq!(verdict(outcome), (ErrorKind::Unreachable, TRANSIENT));
}

#[tokio::test]
async fn an_answer_that_tells_of_an_accident_leaves_the_outcome_open() {
    let outcome = commission("shxrm6", false, vec![same("135"), as_if("327", "612")]).await;
    assert_eq!(verdict(outcome), (ErrorKind::Timeout, ErrorClass::UnknownOutcome));
    assert_eq!(verdict(read("shxrm6", vec![as_if("135", "612")]).await), (ErrorKind::Timeout, TRANSIENT));
}

#[tokio::test]
async fn an_ordinary_users_key_is_forbidden_and_advised() {
    let refused = [
        commission("shxrm6", false, vec![same("135"), same("313")]).await.unwrap_err(),
        bmc(vec![same("154")]).await.unwrap_err(),
        add_tag("rack-a", vec![same("135"), same("212")]).await.unwrap_err(),
    ];
    for error in refused {
        assert_eq!((error.kind(), error.class()), (ErrorKind::Forbidden, ErrorClass::Permanent), "{error}");
        assert!(error.remedy().unwrap().contains("administrator"));
    }
}

#[tokio::test]
async fn a_machine_that_maas_does_not_know_is_not_found() {
    let unknown = (ErrorKind::NotFound, ErrorClass::Permanent);
    assert_eq!(verdict(read("nosuch", vec![same("137")]).await), unknown);
    assert_eq!(verdict(commission("nosuch", false, vec![same("137")]).await), unknown);
    // It was deleted between our look and our command.
    let gone = vec![reading("shxrm6", "135"), as_if("327", "314")];
    assert_eq!(verdict(commission("shxrm6", false, gone).await), unknown);
}

async fn abort(run: &CommissionRun, steps: Vec<Step>) -> Result<()> {
    converse("shxrm6", steps, async |maas, machine| maas.abort_commission(&machine, run).await).await
}

#[tokio::test]
async fn the_run_that_goes_on_is_aborted_and_no_other() {
    abort(&run("22"), vec![reading("shxrm6", "325"), same("326")]).await.unwrap();
    let conflict = (ErrorKind::Conflict, ErrorClass::Permanent);
    assert_eq!(verdict(abort(&run("18"), vec![reading("shxrm6", "325")]).await), conflict);
    assert_eq!(verdict(abort(&run("24"), vec![same("369")]).await), conflict);
    let late = abort(&run("22"), vec![reading("shxrm6", "325"), same("322")]).await;
    assert!(late.as_ref().unwrap_err().message().contains("Cannot abort in current state"));
    assert_eq!(verdict(late), conflict);
}

#[tokio::test]
async fn tags_are_listed_put_on_and_looked_at() {
    let tags = converse("shxrm6", vec![same("223")], async |maas, machine| maas.tags(&machine).await).await;
    assert_eq!(tags.unwrap().into_iter().collect::<Vec<_>>(), ["auto", "rack-a"]);
    add_tag("rack-a", vec![same("135"), same("201"), same("223")]).await.unwrap();
    add_tag("auto", vec![same("135"), same("213"), same("223")]).await.unwrap();
    // A tag with a definition is taken off again when MAAS looks at the machine the next time.
    let undone = add_tag("auto", vec![same("135"), same("213"), same("230")]).await;
    assert_eq!(verdict(undone), (ErrorKind::Mismatch, ErrorClass::Permanent));
}

#[tokio::test]
async fn a_missing_tag_is_created_and_a_faster_creator_does_not_matter() {
    for created in ["876", "176"] {
        let creation = as_if("876", created).but("UTF", "nope");
        let again = as_if("209", "201");
        let on = same("223").but("rack-a", "nope");
        add_tag("nope", vec![same("135"), same("209"), creation, again, on]).await.unwrap();
    }
}

#[tokio::test]
async fn a_tag_is_taken_off_and_looked_at() {
    let steps = vec![same("223"), same("203").but("tf7cs8", "shxrm6"), same("230")];
    converse("shxrm6", steps, async |maas, machine| maas.remove_tag(&machine, "rack-a").await).await.unwrap();
}

#[tokio::test]
async fn writers_in_each_others_way_are_told_to_come_back() {
    let busy = add_tag("rack-a", vec![same("135"), as_if("201", "891")]).await;
    assert_eq!(verdict(busy), (ErrorKind::Busy, TRANSIENT));
    let busy = add_tag("rack-a", vec![same("135"), as_if("201", "802")]).await;
    assert_eq!(
        verdict(busy),
        (ErrorKind::Busy, ErrorClass::Transient { after: Some(Duration::from_secs(5)) })
    );
}

async fn bmc(steps: Vec<Step>) -> Result<Option<std::net::IpAddr>> {
    converse("shxrm6", steps, async |maas, machine| maas.bmc_address(&machine).await).await
}

#[tokio::test]
async fn the_bmc_is_where_the_power_settings_have_it_or_nowhere() {
    assert_eq!(bmc(vec![same("153")]).await.unwrap(), Some("10.9.0.5".parse().unwrap()));
    // A machine with the power type `manual`.
    assert_eq!(bmc(vec![as_if("153", "858")]).await.unwrap(), None);
}

#[tokio::test]
async fn a_bmcs_address_is_written_alone_and_read_back() {
    let write = write_as("852");
    let settings = || same("853");
    let steps = vec![settings(), write, settings().but("10.66.0.5", "10.66.0.6")];
    let to = "10.66.0.6".parse().unwrap();
    let set = async |maas: MaasCommissioner, machine: Machine| maas.set_bmc_address(&machine, to).await;
    converse("4s8d7t", steps, set).await.unwrap();
    // Another machine has that BMC; MAAS takes it for a passing collision.
    let refused = converse("4s8d7t", vec![settings(), write_as("864")], set).await;
    assert!(refused.as_ref().unwrap_err().remedy().unwrap().contains("another machine in MAAS has that BMC"));
    assert_eq!(verdict(refused).0, ErrorKind::Busy);
}

fn write_as(answer: &str) -> Step {
    as_if("852", answer)
        .but("power_parameters_power_pass=changed", "power_parameters_power_address=10.66.0.6")
}

#[tokio::test]
async fn an_address_for_a_system_that_does_not_run_is_not_listed() {
    let list = async |maas: MaasCommissioner, machine: Machine| maas.host_addresses(&machine).await;
    assert!(converse("shxrm6", vec![same("369")], list).await.unwrap().is_empty());
}

#[tokio::test]
async fn hardware_that_nobody_looked_into_is_unknown() {
    let hardware = converse("whggsg", vec![same("603")], async |maas, machine| maas.hardware(&machine).await);
    assert_eq!(hardware.await.unwrap(), hwautomation_core::plugin::HardwareSummary::default());
}

#[tokio::test]
async fn a_ready_machine_is_released_already_and_another_is_asked_for() {
    release("whggsg", vec![same("603")]).await.unwrap();
    release("shxrm6", vec![same("369"), same("336")]).await.unwrap();
}

#[tokio::test]
async fn every_401_is_one_try_and_never_quoted() {
    for number in ["013", "014", "015", "017", "021", "024"] {
        let answer = recorded(number);
        let said = answer.body();
        // Whose the key is, is asked when the machine has an owner.
        let error = release("whggsg", vec![same("607"), as_if("004", number)]).await.unwrap_err();
        assert_eq!((error.kind(), error.class()), (ErrorKind::Unauthorized, ErrorClass::Permanent));
        let told = format!("{error:?} {error}");
        for word in
            said.split([' ', ':', '\'', '&']).filter(|word| word.len() > 9 && *word != "Authorization")
        {
            assert!(!told.contains(word), "{word} of {number} is in {told}");
        }
        assert!(error.remedy().unwrap().contains("clocks"));
    }
}

#[tokio::test]
async fn what_is_not_this_api_is_unsupported_and_no_missing_machine() {
    for number in ["003", "041", "045"] {
        let error: Error = read("shxrm6", vec![as_if("135", number)]).await.unwrap_err();
        assert_eq!((error.kind(), error.class()), (ErrorKind::Unsupported, ErrorClass::Permanent), "{error}");
        assert!(error.remedy().unwrap().contains("http://host:5240/MAAS"));
    }
}
