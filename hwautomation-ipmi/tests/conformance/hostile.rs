//! What no BMC should send, and what networks do: every call ends in time with a right answer or a right error, and no
//! command acts twice.

use super::rack::{NAME, PASSWORD, RackFixture, patient, quick};
use super::rogue::{Attack, Rogue, Theft};
use hwautomation_core::error::{Error, ErrorClass, ErrorKind};
use hwautomation_core::machine::ConnectMap;
use hwautomation_core::plugin::{PowerAction, PowerController, PowerState, StaticCredentials};
use hwautomation_core::secret::Secret;
use hwautomation_core::testing::conformance::DeviceFixture;
use hwautomation_ipmi::{IpmiConfig, IpmiController};
use hwautomation_sim::{Action, Face, Fault, Power, Refusal, User};
use serde_json::json;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::timeout;

/// What a call may take: its limits are far below.
const IN_TIME: Duration = Duration::from_secs(15);

/// A BMC, and a driver that reaches it through a rogue.
struct Wire {
    fixture: RackFixture,
    rogue: Rogue,
    driver: IpmiController,
}

impl Wire {
    async fn start(config: IpmiConfig, attack: Attack, theft: Option<Theft>) -> Self {
        Self::start_as(config, PASSWORD, attack, theft).await
    }

    async fn start_as(config: IpmiConfig, password: &str, attack: Attack, theft: Option<Theft>) -> Self {
        let fixture = RackFixture::start(17).await;
        let nominal = SocketAddr::new(fixture.truth().lan.address.into(), 623);
        let rogue = Rogue::start(fixture.socket(nominal), attack, theft).await;
        let credentials = StaticCredentials::default().with("bmc", Secret::new(password));
        let connect: ConnectMap = [(nominal, rogue.address)].into_iter().collect();
        let driver = IpmiController::new(IpmiConfig { connect, ..config }, Arc::new(credentials)).unwrap();
        Self { fixture, rogue, driver }
    }

    async fn read(&self) -> Result<PowerState, Error> {
        timeout(IN_TIME, self.driver.power_state(&self.fixture.machine())).await.expect("in time")
    }

    async fn request(&self, action: PowerAction) -> Result<(), Error> {
        timeout(IN_TIME, self.driver.request_power(&self.fixture.machine(), action)).await.expect("in time")
    }
}

/// All that leave the true answer where it is, behind what they add.
const ATTACKS: [Attack; 12] = [
    Attack::Nothing,
    Attack::Truncated,
    Attack::Replayed,
    Attack::Late,
    Attack::WrongSession,
    Attack::WrongHash,
    Attack::Oversize,
    Attack::Garbage,
    Attack::RefusedAnother,
    Attack::OffUnprotected,
    Attack::Stranger,
    Attack::Repeated,
];

#[tokio::test(flavor = "multi_thread")]
async fn whatever_comes_before_the_true_answer_the_true_answer_counts_and_each_command_acts_once() {
    for attack in ATTACKS {
        for suite in [3, 17] {
            let config = IpmiConfig { cipher_suites: vec![suite], ..patient() };
            let wire = Wire::start(config, attack, None).await;
            let what = format!("{attack:?} in suite {suite}");
            assert_eq!(wire.read().await.expect(&what), PowerState::On, "{what}");
            let boots = wire.fixture.truth().boots;
            wire.request(PowerAction::Reset).await.expect(&what);
            assert_eq!(wire.fixture.truth().boots, boots + 1, "{what}");
            assert_eq!(wire.read().await.expect(&what), PowerState::On, "{what}");
            wire.request(PowerAction::ForcedOff).await.expect(&what);
            assert_eq!(wire.read().await.expect(&what), PowerState::Off, "{what}");
            assert_eq!(wire.fixture.done("chassis control"), 2, "{what}");
            let names = wire.fixture.count(|entry| entry.command == "rakp 1");
            assert_eq!(names, if attack == Attack::Repeated { 2 } else { 1 }, "{what}: one log-in");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_to_an_old_question_is_not_taken_for_that_to_a_new_one_with_the_same_number() {
    let wire = Wire::start(patient(), Attack::Replayed, None).await;
    for (power, state) in [(Power::On, PowerState::On), (Power::Off, PowerState::Off)] {
        wire.fixture.set_on(power);
        for _ in 0..66 {
            assert_eq!(wire.read().await.unwrap(), state);
        }
    }
    assert_eq!(wire.fixture.count(|entry| entry.command == "open session"), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_from_another_address_is_silence() {
    let wire = Wire::start(quick(), Attack::Nothing, Some(Theft::FromStranger)).await;
    let error = wire.read().await.unwrap_err();
    assert_eq!(
        (error.kind(), error.class()),
        (ErrorKind::Unreachable, ErrorClass::Transient { after: None })
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn another_proof_of_the_password_is_a_wrong_password_and_one_try() {
    let wire = Wire::start(quick(), Attack::Nothing, Some(Theft::WrongProof)).await;
    let error = wire.read().await.unwrap_err();
    assert_eq!((error.kind(), error.class()), (ErrorKind::Unauthorized, ErrorClass::Permanent), "{error}");
    assert_eq!(wire.fixture.count(|entry| entry.command == "rakp 1"), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_in_which_every_code_is_wrong_lets_nobody_in_and_commands_nothing() {
    let wire = Wire::start(quick(), Attack::Nothing, Some(Theft::WrongHash)).await;
    for _ in 0..2 {
        let error = wire.request(PowerAction::Reset).await.unwrap_err();
        assert!(matches!(error.class(), ErrorClass::Transient { .. }), "{error:?}");
    }
    assert_eq!(wire.fixture.count(|entry| entry.command.starts_with("chassis control")), 0);
}

/// What presets of the simulator do to every answer, and to some.
fn weathers() -> [Fault; 8] {
    [
        Fault::garbage(),
        Fault::oversize(),
        Fault::repeats_itself(),
        Fault::corrupts_answers(250, 7),
        Fault::reorders_answers(250, 8),
        Fault::other_session_at_times(250, 9),
        Fault::loses_answers(250, 10),
        Fault::busy_at_times(250, 11),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn in_any_weather_an_error_says_truly_whether_a_command_acted() {
    for weather in weathers() {
        let fixture = RackFixture::start_as(1, IpmiConfig { breaker_failures: 0, ..quick() }).await;
        fixture.inject(weather.clone());
        let (machine, mut good) = (fixture.machine(), 0);
        for _ in 0..8 {
            let before = fixture.done("chassis control");
            let call = fixture.driver.request_power(&machine, PowerAction::Reset);
            let answer = timeout(IN_TIME, call).await.expect("in time");
            let acted = fixture.done("chassis control") - before;
            let right = match answer.as_ref().map_err(Error::class) {
                Ok(()) => acted == 1,
                Err(ErrorClass::UnknownOutcome) => acted <= 1,
                Err(_) => acted == 0,
            };
            assert!(right, "{weather:?}: it acted {acted} times: {answer:?}");
            good += usize::from(answer.is_ok());
        }
        assert!(good > 0, "{weather:?}: nothing got through");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn in_any_weather_a_machine_that_is_on_is_never_read_as_off() {
    for weather in weathers() {
        let fixture = RackFixture::start_as(1, IpmiConfig { breaker_failures: 0, ..quick() }).await;
        fixture.inject(weather.clone());
        let (machine, mut good) = (fixture.machine(), 0);
        for _ in 0..12 {
            let call = fixture.driver.power_state(&machine);
            match timeout(IN_TIME, call).await.expect("in time") {
                Ok(state) => {
                    assert_eq!(state, PowerState::On, "{weather:?}");
                    good += 1;
                }
                Err(error) => assert!(error.remedy().is_some(), "{weather:?}: {error:?}"),
            }
        }
        assert!(good > 0, "{weather:?}: nothing got through");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bmc_that_changes_its_answer_in_a_session_is_believed_each_time() {
    let config = IpmiConfig { command_limit: Duration::from_secs(1), ..patient() };
    let fixture = RackFixture::start_as(1, config).await;
    let machine = fixture.machine();
    let refuse =
        |code| Fault::new(Action::Refuse(Refusal::Code(code))).face(Face::Bmc).command("get chassis");
    assert_eq!(fixture.driver.power_state(&machine).await.unwrap(), PowerState::On);
    for (code, kind) in
        [(0xC1, ErrorKind::Unsupported), (0xD4, ErrorKind::Forbidden), (0xC0, ErrorKind::Busy)]
    {
        fixture.inject(refuse(code).times(1));
        assert_eq!(fixture.driver.power_state(&machine).await.unwrap_err().kind(), kind, "{code:#x}");
    }
    fixture.inject(Fault::unclear_power().times(1));
    assert!(fixture.driver.power_state(&machine).await.unwrap().is_unknown());
    fixture.set_on(Power::Off);
    assert_eq!(fixture.driver.power_state(&machine).await.unwrap(), PowerState::Off);
    assert_eq!(fixture.count(|entry| entry.command == "open session"), 1, "all in one session");
    fixture.change(|machine| machine.reset_bmc());
    fixture.settle().await;
    assert_eq!(fixture.driver.power_state(&machine).await.unwrap(), PowerState::Off, "in another one");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_or_a_secret_that_is_too_long_is_refused_before_anything_is_sent() {
    let (name, password) = ("sixteen-letters-", "twenty-letters-long-");
    assert_eq!((name.len(), password.len()), (16, 20));
    for (name, password, says) in [
        (
            format!("{name}+"),
            password.to_owned(),
            ["settings.ipmi.username has 17 bytes", "at most 16 bytes"],
        ),
        (
            name.to_owned(),
            format!("{password}+"),
            ["credentials.bmc is longer than 20 bytes", "1 to 20 bytes"],
        ),
        (name.to_owned(), String::new(), ["credentials.bmc is empty", "1 to 20 bytes"]),
    ] {
        let wire = Wire::start_as(patient(), &password, Attack::Nothing, None).await;
        let machine = wire.fixture.machine_with(json!({"username": name}));
        let read = wire.driver.power_state(&machine).await.unwrap_err();
        let error = wire.driver.request_power(&machine, PowerAction::Reset).await.unwrap_err();
        assert_eq!(read.message(), error.message().replace("requesting reset", "reading the power state"));
        assert_eq!((error.kind(), error.class()), (ErrorKind::Invalid, ErrorClass::Permanent), "{error}");
        let [wrong, right] = says;
        assert!(error.message().contains(wrong) && error.remedy().unwrap().contains(right), "{error:?}");
        assert!(password.is_empty() || !format!("{error:?}").contains(&password));
        assert_eq!(wire.rogue.heard(), 0, "{error}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_longest_name_and_the_longest_password_get_in() {
    for suite in [3, 17] {
        let config = IpmiConfig { cipher_suites: vec![suite], ..patient() };
        let (name, password) = ("sixteen-letters-", "twenty-letters-long-");
        let wire = Wire::start_as(config, password, Attack::Nothing, None).await;
        wire.fixture.rack.change(NAME, |machine| machine.bmc.users[1] = User::administrator(name, password));
        let machine = wire.fixture.machine_with(json!({"username": name}));
        assert_eq!(wire.driver.power_state(&machine).await.unwrap(), PowerState::On);
        assert!(wire.rogue.heard() > 0);
    }
}
