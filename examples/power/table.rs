//! Aligned columns. The last one is wrapped where a terminal ends. Pure.

use crate::power::row::Tone;

/// What lies between two columns.
const GAP: usize = 2;
/// The last column is never made narrower, however narrow the terminal is.
const LAST_MIN: usize = 24;

/// What stands in one place.
#[derive(Debug, Clone, Default)]
pub struct Cell {
    pub text: String,
    pub tone: Option<Tone>,
}

impl Cell {
    pub fn plain(text: impl Into<String>) -> Self {
        Self { text: text.into(), tone: None }
    }

    pub fn toned(text: impl Into<String>, tone: Tone) -> Self {
        Self { text: text.into(), tone: Some(tone) }
    }
}

/// Writes rows under a head, for a terminal of this width; without one nothing is wrapped. A last column in which there
/// is nothing is left out.
pub fn render(head: &[&str], rows: &[Vec<Cell>], width: Option<usize>) -> String {
    let used = (0..head.len()).rev().find(|at| rows.iter().any(|row| !text_at(row, *at).is_empty()));
    let columns = used.map_or(1, |last| last + 1);
    let widths: Vec<usize> = (0..columns.saturating_sub(1)).map(|at| width_of(head, rows, at)).collect();
    let before: usize = widths.iter().map(|width| width + GAP).sum();
    let room = width.map(|width| width.saturating_sub(before).max(LAST_MIN));
    let head: Vec<Cell> = head[..columns].iter().map(|text| Cell::plain(*text)).collect();
    let mut text = String::new();
    for (number, row) in std::iter::once(&head).chain(rows).enumerate() {
        write(&mut text, row, &widths, room, number == 0);
    }
    text
}

fn text_at(row: &[Cell], at: usize) -> &str {
    row.get(at).map_or("", |cell| &cell.text)
}

fn width_of(head: &[&str], rows: &[Vec<Cell>], at: usize) -> usize {
    let widest = rows.iter().map(|row| text_at(row, at).chars().count()).max().unwrap_or(0);
    widest.max(head[at].len())
}

fn write(text: &mut String, row: &[Cell], widths: &[usize], room: Option<usize>, is_head: bool) {
    let mut line = String::new();
    for (at, width) in widths.iter().enumerate() {
        let cell = text_at(row, at);
        let padding = " ".repeat(width + GAP - cell.chars().count().min(*width));
        line += &painted(cell, row.get(at).and_then(|cell| cell.tone), is_head);
        line += &padding;
    }
    let before: usize = widths.iter().map(|width| width + GAP).sum();
    let last = row.get(widths.len());
    let lines = wrap(last.map_or("", |cell| &cell.text), room);
    for (number, part) in lines.iter().enumerate() {
        if number > 0 {
            line = " ".repeat(before);
        }
        line += &painted(part, last.and_then(|cell| cell.tone), is_head);
        *text += line.trim_end();
        text.push('\n');
    }
}

fn painted(text: &str, tone: Option<Tone>, is_head: bool) -> String {
    let style = console::style(text);
    match tone {
        _ if text.is_empty() => String::new(),
        _ if is_head => style.bold().to_string(),
        Some(Tone::Good) => style.green().to_string(),
        Some(Tone::Doubtful) => style.yellow().to_string(),
        Some(Tone::Bad) => style.red().to_string(),
        Some(Tone::Quiet) | None => text.to_owned(),
    }
}

/// Breaks a text at its blanks and behind its commas into lines of this width; a longer word is cut.
pub fn wrap(text: &str, width: Option<usize>) -> Vec<String> {
    let Some(width) = width else { return text.lines().map(str::to_owned).chain(nothing(text)).collect() };
    let mut lines = Vec::new();
    for paragraph in text.lines() {
        let mut line = String::new();
        for word in paragraph.split_inclusive([' ', ',']) {
            if !line.is_empty() && line.chars().count() + word.trim_end().chars().count() > width {
                lines.push(std::mem::take(&mut line));
            }
            line += word;
            while line.trim_end().chars().count() > width {
                let cut = line.char_indices().nth(width).map_or(line.len(), |(at, _)| at);
                let rest = line.split_off(cut);
                lines.push(std::mem::replace(&mut line, rest));
            }
        }
        lines.push(line);
    }
    lines.iter().map(|line| line.trim_end().to_owned()).chain(nothing(text)).collect()
}

/// An empty text is one empty line.
fn nothing(text: &str) -> Option<String> {
    text.is_empty().then(String::new)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(texts: &[[&str; 3]]) -> Vec<Vec<Cell>> {
        texts.iter().map(|row| row.iter().map(|text| Cell::plain(*text)).collect()).collect()
    }

    #[test]
    fn columns_are_aligned_and_an_empty_last_one_is_left_out() {
        let table =
            render(&["HOST", "STATE", "DETAIL"], &rows(&[["rack1-u01", "on", ""], ["u2", "off", ""]]), None);
        assert_eq!(table, "HOST       STATE\nrack1-u01  on\nu2         off\n");
    }

    #[test]
    fn the_last_column_is_wrapped_under_itself() {
        let table = render(
            &["HOST", "STATE", "DETAIL"],
            &rows(&[["u1", "busy", "as many sessions as may be are open on this BMC"]]),
            Some(40),
        );
        assert_eq!(
            table,
            "HOST  STATE  DETAIL\nu1    busy   as many sessions as may be\n             are open on this BMC\n"
        );
    }

    #[test]
    fn lists_break_behind_commas_and_long_words_are_cut() {
        assert_eq!(wrap("a[1-4],b[1-4],c", Some(8)), ["a[1-4],", "b[1-4],c"]);
        assert_eq!(wrap("123456789", Some(4)), ["1234", "5678", "9"]);
        assert_eq!(wrap("", Some(4)), [""]);
        assert_eq!(wrap("a b", None), ["a b"]);
    }

    #[test]
    fn no_line_is_wider_than_the_terminal() {
        let text =
            "reading the power state of a machine with a_very_long_name_that_has_no_blank, and then some";
        for width in 1..100 {
            let lines = wrap(text, Some(width));
            assert!(lines.iter().all(|line| line.chars().count() <= width), "{width}: {lines:?}");
            let letters = |text: &str| text.chars().filter(|c| *c != ' ').collect::<String>();
            assert_eq!(letters(&lines.concat()), letters(text), "{width}");
        }
    }
}
