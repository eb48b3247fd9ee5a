//! Stored events only grow: every kind reads from the form that was stored first, and is written so again.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use hwautomation_core::record::{Event, EventKind, NewEvent, WorkflowState, WorkflowSummary};
use serde_json::Value;
use std::collections::BTreeSet;

/// One event of each kind, and of each variant inside, as version 0.1.0 stored them. Lines are only added.
const EVENTS: &str = include_str!("data/events_v1.jsonl");
/// A whole history and the row that it adds up to.
const HISTORY: &str = include_str!("data/history_v1.jsonl");
const SUMMARY: &str = include_str!("data/summary_v1.json");

fn events(text: &str) -> Vec<(Value, Event)> {
    let lines = text.lines().filter(|line| !line.is_empty());
    lines.map(|line| (serde_json::from_str(line).unwrap(), serde_json::from_str(line).unwrap())).collect()
}

#[test]
fn every_stored_form_reads_and_is_written_the_same() {
    for (json, event) in events(EVENTS) {
        assert!(!matches!(event.kind, EventKind::Foreign(_)), "not understood any more: {json}");
        assert!(
            event.kind_more.is_empty() && event.more.is_empty(),
            "a field is not understood any more: {json}"
        );
        assert_eq!(serde_json::to_value(&event).unwrap(), json);
    }
}

#[test]
fn an_event_is_written_the_same_before_and_after_it_has_its_position() {
    for (_, event) in events(EVENTS) {
        let new = NewEvent { at: event.at, actor: event.actor.clone(), kind: event.kind.clone() };
        let mut written = Vec::new();
        new.unplaced(event.workflow, event.seq).unwrap().write(event.position, &mut written);
        assert_eq!(String::from_utf8(written).unwrap(), serde_json::to_string(&event).unwrap());
    }
}

#[test]
fn every_kind_has_a_golden_line() {
    let golden: BTreeSet<String> =
        events(EVENTS).iter().map(|(_, event)| event.kind.name().to_owned()).collect();
    let source = include_str!("../src/record/kind.rs");
    let names = source.lines().filter_map(|line| line.split_once("=> \"")?.1.strip_suffix("\","));
    let known: BTreeSet<String> = names.map(str::to_owned).collect();
    assert!(known.len() >= 26, "the list of names was not found");
    assert_eq!(golden, known);
}

#[test]
fn a_stored_history_folds_to_the_stored_row() {
    let history = events(HISTORY);
    let state = WorkflowState::fold(history.iter().map(|(_, event)| event)).unwrap();
    let row = WorkflowSummary { position: history.len() as u64, ..WorkflowSummary::of(&state) };
    assert_eq!(serde_json::to_value(&row).unwrap(), serde_json::from_str::<Value>(SUMMARY).unwrap());
}
