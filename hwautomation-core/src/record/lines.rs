//! Texts of several lines, such as messages of a vendor's tool, in texts that have their own lines.

/// Makes one line of several.
pub(crate) fn one_line(text: &str) -> String {
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let first = lines.next().unwrap_or_default().to_owned();
    lines.fold(first, |text, line| {
        let between = if text.ends_with([':', ',', ';', '.']) { " " } else { "; " };
        text + between + line
    })
}

/// Begins each line but the first with this many spaces.
pub(crate) fn indented(text: &str, spaces: usize) -> String {
    text.trim_end().replace('\n', &format!("\n{}", " ".repeat(spaces)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_lines_become_one() {
        assert_eq!(one_line("did not take:\n  a: 1\n\nb: 2\n"), "did not take: a: 1; b: 2");
        assert_eq!(one_line("as it is "), "as it is");
        assert_eq!(one_line(""), "");
    }

    #[test]
    fn the_first_line_stays_where_it_is() {
        assert_eq!(indented("a\nb\nc\n", 2), "a\n  b\n  c");
    }
}
