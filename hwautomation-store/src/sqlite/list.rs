//! Lists of workflows, as a filter asks.

use super::column::int;
use super::summary;
use crate::error::Stop;
use hwautomation_core::error::Result;
use hwautomation_core::id::WorkflowId;
use hwautomation_core::record::{RunState, WorkflowSummary};
use hwautomation_core::store::WorkflowFilter;
use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};

pub(super) fn list(
    conn: &Connection,
    filter: &WorkflowFilter,
    before: Option<WorkflowId>,
    limit: usize,
) -> Result<Vec<WorkflowSummary>, Stop> {
    let (conditions, mut values) = conditions(filter, before);
    values.push(int(limit).into());
    let sql =
        format!("SELECT {} FROM workflow WHERE {conditions} ORDER BY id DESC LIMIT ?", summary::COLUMNS);
    let mut statement = conn.prepare_cached(&sql)?;
    let mut rows = statement.query(params_from_iter(values))?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(summary::read(row)?);
    }
    Ok(found)
}

/// The conditions, whose text depends on which fields are given and never on their values.
fn conditions(filter: &WorkflowFilter, before: Option<WorkflowId>) -> (String, Vec<Value>) {
    let mut all: Vec<(String, Vec<Value>)> = Vec::new();
    let text = |text: &str| vec![Value::Text(text.to_owned())];
    let id = |id: WorkflowId| vec![Value::Blob(id.as_bytes().to_vec())];
    if !filter.states.is_empty() {
        let marks = vec!["?"; filter.states.len()].join(", ");
        let states = filter.states.iter().map(|state| Value::Text(state.to_string()));
        all.push((format!("state IN ({marks})"), states.collect()));
    }
    if !filter.states.is_empty() && !filter.states.iter().any(|state| RunState::is_terminal(*state)) {
        // So that the index of those that have not ended serves.
        all.push(("ended = 0".to_owned(), Vec::new()));
    }
    all.extend(filter.machine.as_ref().map(|machine| ("machine = ?".to_owned(), text(machine.as_str()))));
    all.extend(filter.name.as_ref().map(|name| ("name = ?".to_owned(), text(name.as_str()))));
    all.extend(filter.parent.map(|parent| ("parent = ?".to_owned(), id(parent))));
    all.extend(before.map(|before| ("id < ?".to_owned(), id(before))));
    let (texts, values): (Vec<String>, Vec<Vec<Value>>) = all.into_iter().unzip();
    let texts = if texts.is_empty() { "1".to_owned() } else { texts.join(" AND ") };
    (texts, values.concat())
}
