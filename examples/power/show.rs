//! Rows as a table: a line for each host, or equal ones together. Pure.

use crate::power::hostlist;
use crate::power::row::Row;
use crate::power::table::{Cell, render};

/// Writes a line for each host.
pub fn each(rows: &[Row], width: Option<usize>) -> String {
    let cells = |row: &Row| {
        let state = Cell::toned(&row.state, row.tone);
        vec![Cell::plain(&row.host), state, Cell::plain(&row.detail)]
    };
    render(&["HOST", "STATE", "DETAIL"], &rows.iter().map(cells).collect::<Vec<_>>(), width)
}

/// Writes equal answers once, those of the most hosts first.
pub fn folded(rows: &[Row], width: Option<usize>) -> String {
    let mut groups: Vec<(&Row, Vec<&str>)> = Vec::new();
    for row in rows {
        let same = |(first, _): &&mut (&Row, Vec<&str>)| {
            (&first.state, &first.detail, first.tone) == (&row.state, &row.detail, row.tone)
        };
        match groups.iter_mut().find(same) {
            Some((_, hosts)) => hosts.push(&row.host),
            None => groups.push((row, vec![&row.host])),
        }
    }
    groups.sort_by_key(|(_, hosts)| std::cmp::Reverse(hosts.len()));
    let cells: Vec<_> = groups.into_iter().map(|(row, hosts)| group(row, hosts)).collect();
    render(&["COUNT", "STATE", "HOSTS"], &cells, width)
}

fn group(row: &Row, hosts: Vec<&str>) -> Vec<Cell> {
    let count = format!("{:>5}", hosts.len());
    let mut list = hostlist::fold(hosts);
    if !row.detail.is_empty() {
        list = format!("{list}\n{}", row.detail);
    }
    vec![Cell::plain(count), Cell::toned(&row.state, row.tone), Cell::plain(list)]
}

/// Writes what to do about what is wrong, each advice once with its hosts.
pub fn advice<'a>(remedies: impl Iterator<Item = (&'a str, &'a str)>, width: Option<usize>) -> String {
    let mut groups: Vec<(&str, Vec<&str>)> = Vec::new();
    for (host, remedy) in remedies {
        match groups.iter_mut().find(|(known, _)| *known == remedy) {
            Some((_, hosts)) => hosts.push(host),
            None => groups.push((remedy, vec![host])),
        }
    }
    let line = |(remedy, hosts): (&str, Vec<&str>)| {
        let text = format!("{}: {remedy}", hostlist::fold(hosts));
        let lines = crate::power::table::wrap(&text, width.map(|width| width.saturating_sub(2).max(1)));
        format!("→ {}\n", lines.join("\n  "))
    };
    groups.into_iter().map(line).collect()
}

/// Counts states, the most frequent first: `33 on, 15 off`.
pub fn counts(rows: &[Row]) -> String {
    let mut states: Vec<(&str, usize)> = Vec::new();
    for row in rows {
        match states.iter_mut().find(|(state, _)| *state == row.state) {
            Some((_, count)) => *count += 1,
            None => states.push((&row.state, 1)),
        }
    }
    states.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    states.iter().map(|(state, count)| format!("{count} {state}")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::power::row::Tone;

    fn rows(rows: &[(&str, &str, &str)]) -> Vec<Row> {
        let row = |(host, state, detail): &(&str, &str, &str)| Row {
            host: (*host).to_owned(),
            state: (*state).to_owned(),
            detail: (*detail).to_owned(),
            tone: Tone::Good,
        };
        rows.iter().map(row).collect()
    }

    #[test]
    fn equal_answers_are_written_once_with_their_hosts() {
        let rows =
            rows(&[("u1", "off", ""), ("u2", "on", ""), ("u3", "on", ""), ("u4", "busy", "try again")]);
        let expected = "COUNT  STATE  HOSTS\n    2  on     u[2-3]\n    1  off    u1\n    1  busy   u4\n              try again\n";
        assert_eq!(folded(&rows, Some(80)), expected);
        assert_eq!(counts(&rows), "2 on, 1 off, 1 busy");
    }

    #[test]
    fn an_advice_is_given_once_for_all_hosts_that_need_it() {
        let remedies = [("u1", "check the cable"), ("u3", "correct the password"), ("u2", "check the cable")];
        let expected = "→ u[1-2]: check the cable\n→ u3: correct the password\n";
        assert_eq!(advice(remedies.into_iter(), Some(80)), expected);
        assert_eq!(advice([("u1", "check the cable")].into_iter(), Some(14)), "→ u1: check\n  the cable\n");
    }
}
