//! Many things in one line.

use std::fmt::Display;

/// How many things a line names.
const NAMED_MAX: usize = 10;

/// Names up to ten things and counts the others.
pub(super) fn named<T: Display>(things: impl IntoIterator<Item = T>, between: &str) -> String {
    let mut things = things.into_iter();
    let named: Vec<String> = things.by_ref().take(NAMED_MAX).map(|thing| thing.to_string()).collect();
    let named = named.join(between);
    match things.count() {
        0 => named,
        more => format!("{named} and {more} more"),
    }
}
