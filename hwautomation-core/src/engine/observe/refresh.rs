//! The gauges that are asked for rather than counted: right after a restart, and with several managers.

use super::meters::Call;
use super::metric::{CPU_SECONDS, OPEN_FILES, RESIDENT_BYTES, THREADS, WORKFLOWS};
use super::process;
use crate::engine::shared::Shared;
use crate::store::{Counts, Standing};

/// Asks the store and the system, and tells the recorder. What cannot be read keeps its last value.
pub(crate) async fn refresh(shared: &Shared) {
    tell_process();
    match shared.store.counts().await {
        Ok(counts) => tell_counts(&counts),
        Err(error) => {
            shared.meters.store_failed(Call::Counts);
            tracing::warn!(%error, "the workflows were not counted");
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "a gauge is a float, and exact up to 2^53")]
fn tell_counts(counts: &Counts) {
    for standing in Standing::ALL {
        WORKFLOWS.gauge(&[standing.as_str()]).set(counts.of(standing) as f64);
    }
}

/// Where nothing is known no gauge is made: absent is not 0.
#[expect(clippy::cast_precision_loss, reason = "a gauge is a float, and exact up to 2^53")]
fn tell_process() {
    let Some(usage) = process::usage() else { return };
    CPU_SECONDS.gauge(&[]).set(usage.cpu_seconds);
    RESIDENT_BYTES.gauge(&[]).set(usage.resident_bytes as f64);
    OPEN_FILES.gauge(&[]).set(usage.open_files as f64);
    THREADS.gauge(&[]).set(usage.threads as f64);
}
