//! The clauses of [`HealthReader`].

mod compare;
mod page;

use super::DeviceFixture;
use super::check::{Checked, done};
use super::suite::suite;
use crate::plugin::{EventChange, HealthReader, Sensor};
use crate::time::Timestamp;
use async_trait::async_trait;
use std::sync::Arc;

/// How many entries a clause reads at once where it does not matter.
const MANY: usize = 100;

/// Lends the suite a health reader, and a machine whose sensors are fine.
#[async_trait]
pub trait HealthFixture: DeviceFixture {
    /// Returns the plugin under test.
    fn plugin(&self) -> Arc<dyn HealthReader>;

    /// Lists the sensors as they truly are, in any order, each with a name of its own. Ids are the driver's: they
    /// are not compared.
    async fn true_sensors(&self) -> Vec<Sensor>;

    /// Lets a sensor that has limits and is `Ok` read a number beyond one of them; returns its name.
    async fn cross_a_limit(&self) -> String;

    /// Makes the hardware unable to read a sensor, while it answers; returns its name.
    async fn blind_a_sensor(&self) -> String;

    /// Lists the entries of the event log as they truly are, the oldest first.
    async fn true_events(&self) -> Vec<EventTruth>;

    /// Lets the hardware log an event, unlike every other.
    async fn log_event(&self);

    /// Lets the hardware log an event while its clock is not set.
    async fn log_event_without_time(&self);

    /// Erases the event log behind the plugin's back. Positions may be given anew afterwards.
    async fn erase_events(&self);

    /// Makes the device accept clearings and erase nothing, until [`heal`](DeviceFixture::heal).
    async fn forget_clearings(&self);

    /// Lets the next call arrive and wait for its answer until [`heal`](DeviceFixture::heal).
    async fn stall_call(&self);

    /// Returns when a call waits because of [`stall_call`](Self::stall_call).
    async fn call_stalled(&self);
}

/// Holds what is true of an entry, whatever words the driver has for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventTruth {
    /// When it happened, if the hardware knows.
    pub at: Option<Timestamp>,
    /// Whether something began or ended.
    pub change: EventChange,
    /// The bytes of the entry, if the protocol shows them.
    pub raw: Vec<u8>,
}

suite! { $
    /// Makes each clause of the suite a test. The fixture's expression is evaluated in each and may await.
    health_conformance, health, HealthFixture;
    sensor {
        sensors_read_as_they_are
        a_sensor_is_told_from_all_others
        a_crossed_limit_shows
        an_unknown_reading_is_no_number
    }
    log {
        events_read_as_they_are
        an_unset_clock_is_no_time
        pages_join_to_the_whole_log
        a_page_is_bounded
        an_empty_log_is_an_empty_page
    }
    clear {
        a_position_that_is_gone_is_a_conflict
        clearing_erases_what_was_seen
        clearing_spares_what_was_not_seen
        a_log_that_stays_is_a_mismatch
    }
    call {
        reading_changes_nothing
        silence_is_an_error
        a_lost_answer_is_an_unknown_outcome
        a_wrong_password_is_unauthorized
        a_dropped_call_leaves_the_plugin_usable
        errors_have_a_remedy_and_show_no_secret
    }
}

async fn sensors(fixture: &dyn HealthFixture) -> Checked<Vec<Sensor>> {
    done("sensors", fixture.plugin().sensors(&fixture.machine()).await)
}

async fn log_some(fixture: &dyn HealthFixture, count: usize) {
    for _ in 0..count {
        fixture.log_event().await;
    }
}
