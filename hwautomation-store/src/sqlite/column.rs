//! Our types as columns and back.

use hwautomation_core::id::{PermitName, WorkflowId};
use hwautomation_core::store::Standing;
use rusqlite::Row;
use rusqlite::types::{Type, ValueRef};
use std::borrow::Cow;

/// SQLite's integers are signed; a larger number than they hold is as good as their largest.
pub(super) fn int(number: impl TryInto<i64>) -> i64 {
    number.try_into().unwrap_or(i64::MAX)
}

/// The file holds no negative numbers.
pub(super) fn number(int: i64) -> u64 {
    u64::try_from(int).unwrap_or(0)
}

pub(super) fn workflow_id(row: &Row<'_>, column: usize) -> rusqlite::Result<WorkflowId> {
    row.get(column).map(WorkflowId::from_bytes)
}

/// A text as far as it can be read: damage to a name is no reason to stop.
pub(super) fn text<'a>(row: &'a Row<'_>, column: usize) -> rusqlite::Result<Cow<'a, str>> {
    Ok(match row.get_ref(column)? {
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => String::from_utf8_lossy(bytes),
        _ => Cow::Borrowed(""),
    })
}

pub(super) fn permit_name(row: &Row<'_>, column: usize) -> rusqlite::Result<PermitName> {
    PermitName::new(row.get::<_, String>(column)?)
        .map_err(|cause| rusqlite::Error::FromSqlConversionFailure(column, Type::Text, Box::new(cause)))
}

/// None at the end, and for a word of a newer version.
pub(super) fn standing(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<Standing>> {
    let word = row.get_ref(column)?.as_str_or_null()?;
    Ok(word.and_then(|word| Standing::ALL.into_iter().find(|standing| standing.as_str() == word)))
}
