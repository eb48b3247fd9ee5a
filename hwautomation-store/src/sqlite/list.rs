//! Lists of workflows, as a filter asks.
//!
//! A page is read along an index that is in the order of pages, so that it costs the same however long the history
//! is. The exception is a range of time: it costs as much as there are workflows in the range, in the index alone.

use super::column::int;
use super::summary;
use crate::error::Stop;
use hwautomation_core::error::Result;
use hwautomation_core::id::WorkflowId;
use hwautomation_core::record::{RunState, SubState, WorkflowSummary};
use hwautomation_core::store::WorkflowFilter;
use hwautomation_core::time::Timestamp;
use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};

pub(super) fn list(
    conn: &Connection,
    filter: &WorkflowFilter,
    before: Option<WorkflowId>,
    limit: usize,
) -> Result<Vec<WorkflowSummary>, Stop> {
    let (sql, values) = query(filter, before, limit);
    let mut statement = conn.prepare_cached(&sql)?;
    let mut rows = statement.query(params_from_iter(values))?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(summary::read(row)?);
    }
    Ok(found)
}

/// A row of a damaged id is left out: nobody could ask for it.
const IS_ID: &str = "typeof(id) = 'blob' AND length(id) = 16";

/// Conditions that all must hold, and the values of their marks.
#[derive(Debug, Clone, Default)]
struct Conditions {
    texts: Vec<String>,
    values: Vec<Value>,
    /// Names the index, where SQLite would rather look through all rows in the order of pages.
    along: &'static str,
}

impl Conditions {
    fn add(&mut self, text: &str, values: impl IntoIterator<Item = Value>) {
        self.texts.push(text.to_owned());
        self.values.extend(values);
    }

    /// Writes `select` with these conditions, a page in order.
    fn page(&self, select: &str) -> String {
        let all: String = self.texts.iter().map(|text| format!(" AND {text}")).collect();
        let along = self.along;
        format!("SELECT {select} FROM workflow {along} WHERE {IS_ID}{all} ORDER BY id DESC LIMIT ?")
    }
}

/// Writes the query. Its text depends on which fields are given and never on their values.
fn query(filter: &WorkflowFilter, before: Option<WorkflowId>, limit: usize) -> (String, Vec<Value>) {
    let limit = Value::from(int(limit));
    let branches = branches(filter, before);
    if let [only] = branches.as_slice()
        && only.along.is_empty()
    {
        return (only.page(summary::COLUMNS), [only.values.clone(), vec![limit]].concat());
    }
    // Only the ids are sorted, and only so many rows are read as are asked for.
    let ids = branches.iter().map(|branch| format!("SELECT id FROM ({})", branch.page("id")));
    let ids = ids.collect::<Vec<String>>().join(" UNION ALL ");
    let mut values: Vec<Value> = Vec::new();
    for branch in branches {
        values.extend(branch.values);
        values.push(limit.clone());
    }
    values.push(limit);
    let sql =
        format!("SELECT {} FROM workflow WHERE id IN ({ids}) ORDER BY id DESC LIMIT ?", summary::COLUMNS);
    (sql, values)
}

/// The conditions, once for those that have not ended and once for each state of those that have: each with an
/// index of its own.
fn branches(filter: &WorkflowFilter, before: Option<WorkflowId>) -> Vec<Conditions> {
    let common = conditions(filter, before);
    if filter.states.is_empty() {
        return vec![common];
    }
    let (ended, open): (Vec<RunState>, Vec<RunState>) =
        filter.states.iter().copied().partition(|state| state.is_terminal());
    let text = |state: RunState| Value::Text(state.to_string());
    let mut branches = Vec::new();
    if !open.is_empty() {
        let marks = vec!["?"; open.len()].join(", ");
        let mut branch = common.clone();
        branch.add(&format!("ended = 0 AND state IN ({marks})"), open.into_iter().map(text));
        branches.push(branch);
    }
    for state in ended {
        let mut branch = common.clone();
        branch.add("ended = 1 AND state = ?", [text(state)]);
        branches.push(branch);
    }
    branches
}

fn conditions(filter: &WorkflowFilter, before: Option<WorkflowId>) -> Conditions {
    let id = |id: WorkflowId| Value::Blob(id.as_bytes().to_vec());
    let text = |text: &dyn ToString| Value::Text(text.to_string());
    let at = |at: Timestamp| Value::from(at.as_micros());
    let sub_state = match filter.sub_state {
        Some(SubState::Waiting) => "sub_state = ? AND ended = 0",
        // In the words of the index.
        _ => "sub_state = ? AND sub_state <> 'waiting'",
    };
    let given = [
        ("machine = ?", filter.machine.as_ref().map(|machine| text(machine))),
        ("name = ?", filter.name.as_ref().map(|name| text(name))),
        ("parent = ?", filter.parent.map(id)),
        ("error_class = ?", filter.error_class.map(|class| text(&class))),
        (sub_state, filter.sub_state.map(|sub_state| text(&sub_state))),
        ("submitted_at >= ?", filter.submitted_from.map(at)),
        ("submitted_at < ?", filter.submitted_before.map(at)),
        ("ended_at >= ?", filter.ended_from.map(at)),
        ("ended_at < ?", filter.ended_before.map(at)),
        ("id < ?", before.map(id)),
    ];
    let mut all = Conditions { along: along(filter), ..Conditions::default() };
    for (condition, value) in given {
        if let Some(value) = value {
            all.add(condition, [value]);
        }
    }
    all
}

/// A machine or a parent has few workflows; else a range of time is read along its own index.
fn along(filter: &WorkflowFilter) -> &'static str {
    if filter.machine.is_some() || filter.parent.is_some() {
        ""
    } else if filter.submitted_from.is_some() || filter.submitted_before.is_some() {
        "INDEXED BY workflow_submitted_at"
    } else if filter.ended_from.is_some() || filter.ended_before.is_some() {
        "INDEXED BY workflow_ended_at"
    } else {
        ""
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SqliteConfig;
    use crate::sqlite::schema;
    use hwautomation_core::error::ErrorClassName;
    use hwautomation_core::id::{MachineId, WorkflowName};
    use hwautomation_core::record::RunState::{Completed, Failed, Pending, Running};

    fn plan(conn: &Connection, filter: &WorkflowFilter) -> String {
        let (sql, values) = query(filter, Some(WorkflowId::generate()), 50);
        let mut statement = conn.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
        let lines = statement.query_map(params_from_iter(values), |row| row.get::<_, String>(3)).unwrap();
        lines.map(Result::unwrap).collect::<Vec<_>>().join("\n")
    }

    /// Each page is read along an index in the order of pages: nothing is sorted but ids, and nothing is looked
    /// through from end to end.
    #[test]
    fn each_filter_has_an_index() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("history.db");
        std::fs::write(&path, "").unwrap();
        let conn = schema::open_writer(&path, &SqliteConfig::new(&path)).unwrap();
        let any = WorkflowFilter::default;
        let states = |states: &[RunState]| WorkflowFilter { states: states.to_vec(), ..any() };
        let one = [
            (any(), "PRIMARY KEY"),
            (WorkflowFilter::open(), "workflow_open"),
            (states(&[Failed]), "workflow_ended_state"),
            (WorkflowFilter { machine: Some(MachineId::from_static("a")), ..any() }, "workflow_machine"),
            (WorkflowFilter { name: Some(WorkflowName::from_static("a")), ..any() }, "workflow_name"),
            (WorkflowFilter { parent: Some(WorkflowId::generate()), ..any() }, "workflow_parent"),
            (
                WorkflowFilter { error_class: Some(ErrorClassName::Permanent), ..any() },
                "workflow_error_class",
            ),
            (WorkflowFilter { sub_state: Some(SubState::Halted), ..any() }, "workflow_sub_state"),
            (WorkflowFilter { sub_state: Some(SubState::Waiting), ..any() }, "workflow_open"),
        ];
        for (filter, index) in one {
            let plan = plan(&conn, &filter);
            assert!(plan.starts_with("SEARCH workflow USING") && plan.contains(index), "{filter:?}: {plan}");
            assert!(!plan.contains("TEMP B-TREE"), "{filter:?}: {plan}");
        }
        let at = Some(Timestamp::MIN);
        let several = [
            (states(&[Pending, Running, Completed, Failed]), "workflow_ended_state"),
            (WorkflowFilter { submitted_from: at, ..any() }, "workflow_submitted_at"),
            (WorkflowFilter { submitted_from: at, submitted_before: at, ..any() }, "workflow_submitted_at"),
            (WorkflowFilter { ended_from: at, ..any() }, "workflow_ended_at"),
        ];
        for (filter, index) in several {
            let plan = plan(&conn, &filter);
            assert!(plan.contains(index) && !plan.contains("SCAN workflow"), "{filter:?}: {plan}");
        }
    }
}
