//! Broken fleets: those that spoil the many, and those whose machines are spoilt one by one.

use crate::broken;
use crate::power::{self, Defect as OfOne};
use crate::rack_fixture::{RackFixture, each};
use crate::spoil::Spoil;
use futures_util::stream::{FuturesOrdered, Stream};
use futures_util::{StreamExt, stream};
use hwautomation_core::error::Error;
use hwautomation_core::machine::Machine;
use hwautomation_core::plugin::{
    FleetAnswer, FleetAnswers, FleetPower, PowerAction, PowerController, PowerState,
};
use hwautomation_core::testing::fake::FakeRack;
use std::sync::Arc;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Defect {
    LeavesTheLastOut,
    AnswersTwice,
    AsksOnceForTwins,
    NeverEnds,
    NamesTheNext,
    ActsOnItsNeighbour,
    AnswersForNobody,
    AnswersInOrder,
    FailsTogether,
    BeginsAtOnce,
    BeginsUnasked,
}

#[derive(Debug)]
struct Broken {
    rack: Arc<FakeRack>,
    fleet: Arc<dyn FleetPower>,
    defect: Defect,
}

fn broken(defect: Defect) -> RackFixture {
    let mut fixture = RackFixture::new();
    let (rack, fleet) = (fixture.rack.clone(), fixture.fleet.clone());
    fixture.fleet = Arc::new(Broken { rack, fleet, defect });
    fixture
}

/// A sound fleet of machines that a broken driver serves.
fn broken_one(defect: OfOne) -> RackFixture {
    let mut fixture = power::broken(defect);
    fixture.fleet = each(fixture.power.clone());
    fixture
}

impl Broken {
    fn spoil<'a, T: Send + 'a>(
        &self,
        machines: &'a [Machine],
        answers: FleetAnswers<'a, T>,
        again: FleetAnswers<'a, T>,
    ) -> FleetAnswers<'a, T> {
        let count = machines.len();
        match self.defect {
            Defect::LeavesTheLastOut => {
                Box::pin(answers.filter(move |answer| std::future::ready(answer.index + 1 < count)))
            }
            Defect::AnswersTwice => Box::pin(answers.chain(again.take(1))),
            Defect::AsksOnceForTwins => Box::pin(answers.filter(move |answer| {
                let known = &machines[..answer.index];
                std::future::ready(known.iter().all(|machine| machine.id != machines[answer.index].id))
            })),
            Defect::NeverEnds => Box::pin(answers.chain(stream::pending())),
            Defect::NamesTheNext => Box::pin(
                answers.map(move |answer| FleetAnswer { index: (answer.index + 1) % count, ..answer }),
            ),
            Defect::FailsTogether => Box::pin(together(answers)),
            _ => answers,
        }
    }

    /// Asks all at once and hands the answers on in the order of the list.
    fn in_order<'a>(&'a self, machines: &'a [Machine]) -> FleetAnswers<'a, PowerState> {
        let calls = machines.iter().enumerate().map(|(index, machine)| async move {
            FleetAnswer { index, result: self.rack.power_state(machine).await }
        });
        Box::pin(calls.collect::<FuturesOrdered<_>>())
    }

    /// Tells every machine from tasks that nobody can drop.
    fn begin_all(&self, machines: &[Machine], action: PowerAction) {
        for machine in machines {
            let (rack, machine) = (self.rack.clone(), machine.clone());
            tokio::spawn(async move { rack.request_power(&machine, action).await });
        }
    }
}

/// Answers with success only if everybody succeeded.
fn together<T>(answers: FleetAnswers<'_, T>) -> impl Stream<Item = FleetAnswer<T>> {
    let all = async move {
        let mut all: Vec<_> = answers.collect().await;
        if all.iter().any(|answer| answer.result.is_err()) {
            all.iter_mut().for_each(|answer| {
                answer.result = Err(Error::internal("some machine failed").with_remedy("find it"));
            });
        }
        stream::iter(all)
    };
    stream::once(all).flatten()
}

impl FleetPower for Broken {
    fn supported_of(&self, machine: &Machine) -> Vec<PowerAction> {
        self.fleet.supported_of(machine)
    }

    fn read_power_of<'a>(&'a self, machines: &'a [Machine]) -> FleetAnswers<'a, PowerState> {
        match self.defect {
            Defect::AnswersForNobody if machines.is_empty() => {
                Box::pin(stream::iter([FleetAnswer { index: 0, result: Ok(PowerState::Off) }]))
            }
            Defect::AnswersInOrder => self.in_order(machines),
            _ => self.spoil(machines, self.fleet.read_power_of(machines), self.fleet.read_power_of(machines)),
        }
    }

    fn request_power_of<'a>(&'a self, machines: &'a [Machine], action: PowerAction) -> FleetAnswers<'a, ()> {
        let ask = || self.fleet.request_power_of(machines, action);
        match self.defect {
            Defect::BeginsUnasked => self.begin_all(machines, action),
            Defect::ActsOnItsNeighbour => {
                let id = "srv001".parse().expect("it is an id");
                self.rack.change(&id, |truth| truth.boots += 1);
            }
            Defect::BeginsAtOnce => {
                let first = stream::once(async move { self.begin_all(machines, action) });
                return Box::pin(first.flat_map(move |()| self.fleet.request_power_of(machines, action)));
            }
            _ => {}
        }
        self.spoil(machines, ask(), ask())
    }
}

broken! { fleet:
    every_place_is_answered_once:
        broken(Defect::LeavesTheLastOut) => "the places that answered: expected [0, 1, 2, 3, 4, 5], found [0, 1, 2, 3, 4]",
        broken(Defect::AnswersTwice) => "found [0, 0,",
        broken(Defect::AsksOnceForTwins) => "the places that answered: expected [0, 1, 2, 3, 4, 5]",
        broken(Defect::NeverEnds) => "expected 6 answers and an end";
    an_answer_names_its_machine:
        broken(Defect::NamesTheNext) => "read_power_of: expected [On, Off,",
        broken_one(OfOne::ReadsOnce) => "read_power_of: expected [On, Off,";
    an_accepted_request_takes_effect:
        broken_one(OfOne::AcceptsOnly) => "power on: expected [HostTruth",
        broken_one(OfOne::ResetsInsteadOfTurningOff) => "graceful power off: expected [HostTruth",
        broken(Defect::ActsOnItsNeighbour) => "on a machine that was not named: expected HostTruth";
    what_is_already_so_is_no_error:
        broken_one(OfOne::CyclesWhenOn) => "power on when on: expected [HostTruth",
        broken_one(OfOne::RefusesOffWhenOff) => "forced power off: expected success";
    no_machines_no_answers: broken(Defect::AnswersForNobody) => "the places that answered: expected []";
    a_dead_machine_holds_up_nobody:
        broken(Defect::AnswersInOrder) => "expected the others to answer within";
    a_bad_machine_fails_alone:
        broken(Defect::FailsTogether) => "read_power_of the machines beside bad ones: expected success";
    refuses_what_it_does_not_support:
        broken_one(OfOne::SendsUnsupported) => "expected the error Unsupported, found Ok(())";
    silence_is_never_off:
        broken_one(OfOne::SilentIsOff) => "expected an error or unknown, found Ok(Off)",
        broken_one(OfOne::Error(Spoil::SilentForGood)) => "to be no permanent error";
    an_unclear_answer_is_unknown:
        broken_one(OfOne::UnclearIsOff) => "expected unknown with a reason, found Off",
        broken_one(OfOne::UnclearForNoReason) => "expected unknown with a reason, found Unknown";
    a_wrong_password_is_unauthorized:
        broken_one(OfOne::TriesTwice) => "expected 1 to 2 log-ins for 2 calls, found 4",
        broken_one(OfOne::Error(Spoil::TryAgain)) => "expected a permanent error";
    a_lost_answer_is_an_unknown_outcome:
        broken_one(OfOne::Error(Spoil::SurelyNotDone)) => "the class unknown outcome";
    a_dropped_stream_stops_asking:
        broken(Defect::BeginsUnasked) => "commands sent for a stream that nobody polled",
        broken(Defect::BeginsAtOnce) => "expected commands to at most 2 machines",
        broken_one(OfOne::StaysBusyWhenDropped) => "another call is under way";
    errors_have_a_remedy_and_show_no_secret:
        broken_one(OfOne::Error(Spoil::NoRemedy)) => "expected a remedy",
        broken_one(OfOne::Error(Spoil::ShowSecret)) => "without a secret";
}
