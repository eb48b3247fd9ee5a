//! Blanks what no rule looks at: comments, literals and items that only tests see. Lines stay where they are.

/// Replaces comments and the inside of text literals by blanks.
pub(crate) fn blank_comments(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let skip = comment(rest).or_else(|| literal(rest, clean.chars().next_back()));
        let length = skip.unwrap_or(first.len_utf8());
        match skip {
            Some(_) => blank(&rest[..length], &mut clean),
            None => clean.push(first),
        }
        rest = &rest[length..];
    }
    clean
}

fn blank(text: &str, clean: &mut String) {
    clean.extend(text.chars().map(|c| if c == '\n' { '\n' } else { ' ' }));
}

/// Returns the length of the comment that the text begins with.
fn comment(text: &str) -> Option<usize> {
    if text.starts_with("//") {
        return Some(text.find('\n').unwrap_or(text.len()));
    }
    if !text.starts_with("/*") {
        return None;
    }
    let (mut depth, mut at) = (0, 0);
    while at < text.len() {
        let step = match text.get(at..at + 2) {
            Some("/*") => 1,
            Some("*/") => -1,
            _ => 0,
        };
        depth += step;
        at += if step == 0 { 1 } else { 2 };
        if depth == 0 {
            return Some(at);
        }
    }
    Some(text.len())
}

/// Returns the length of the string or character literal that the text begins with.
fn literal(text: &str, before: Option<char>) -> Option<usize> {
    let inside_word = before.is_some_and(is_word);
    if text.starts_with('"') {
        return Some(quoted(text, '"'));
    }
    if !inside_word && let Some(raw) = text.strip_prefix('r').or_else(|| text.strip_prefix("br")) {
        let hashes = raw.len() - raw.trim_start_matches('#').len();
        if raw[hashes..].starts_with('"') {
            let open = text.len() - raw.len() + hashes + 1;
            let close = format!("\"{}", "#".repeat(hashes));
            return Some(text[open..].find(&close).map_or(text.len(), |at| open + at + close.len()));
        }
    }
    // `'a` without an end is a lifetime.
    let mut chars = text.chars();
    let is_char = chars.next() == Some('\'') && (chars.next() == Some('\\') || chars.next() == Some('\''));
    is_char.then(|| quoted(text, '\''))
}

fn quoted(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if c == quote => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// Blanks items behind `#[cfg(test)]`; also names the modules declared there whose text is in other files.
pub(crate) fn blank_tests(text: &str) -> (String, Vec<String>) {
    const ATTRIBUTES: [&str; 2] = ["#[cfg(test)]", "#[cfg(all(test,"];
    let (mut clean, mut modules) = (String::with_capacity(text.len()), Vec::new());
    let mut rest = text;
    while let Some(start) = ATTRIBUTES.iter().filter_map(|attribute| rest.find(attribute)).min() {
        clean.push_str(&rest[..start]);
        let item = &rest[start..start + item_length(&rest[start..])];
        modules.extend(outside_module(item));
        blank(item, &mut clean);
        rest = &rest[start + item.len()..];
    }
    clean.push_str(rest);
    (clean, modules)
}

/// Returns the length of the item that the text begins with, attributes included.
fn item_length(text: &str) -> usize {
    let mut depth = 0_usize;
    for (at, c) in text.char_indices() {
        match c {
            '{' | '(' | '[' => depth += 1,
            '}' if depth == 0 => return at,
            '}' if depth == 1 => return at + 1,
            '}' | ')' | ']' => depth = depth.saturating_sub(1),
            ';' if depth == 0 => return at + 1,
            _ => {}
        }
    }
    text.len()
}

fn outside_module(item: &str) -> Option<String> {
    let mut words = item.strip_suffix(';')?.split_whitespace().rev();
    let name = words.next()?;
    (words.next() == Some("mod")).then(|| name.to_owned())
}

/// Tells whether a character can be part of a Rust word.
pub(crate) fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Lists the places where the text holds this word as a whole word.
pub(crate) fn words<'a>(text: &'a str, word: &'a str) -> impl Iterator<Item = usize> + 'a {
    text.match_indices(word).map(|(at, _)| at).filter(move |&at| {
        !text[..at].chars().next_back().is_some_and(is_word)
            && !text[at + word.len()..].chars().next().is_some_and(is_word)
    })
}

#[test]
fn comments_and_literals_are_blanked_and_code_is_not() {
    let text = "a // x\n/* x /* x */ x */ b\n\"x\\\"x\" c r#\"x\"x\"# d 'x' e '\\'' f::<'g>() /// x";
    let clean = blank_comments(text);
    assert!(!clean.contains('x'), "{clean}");
    assert_eq!(clean.split_whitespace().collect::<Vec<_>>(), ["a", "b", "c", "d", "e", "f::<'g>()"]);
    assert_eq!(clean.matches('\n').count(), 2);
}

#[test]
fn items_of_tests_are_blanked_and_what_follows_is_not() {
    let text = "a\n#[cfg(test)]\n#[path = 1]\nmod tests { fn x() { x } }\nb\n#[cfg(test)]\nmod x;\nc";
    let (clean, modules) = blank_tests(text);
    assert_eq!(clean.split_whitespace().collect::<Vec<_>>(), ["a", "b", "c"]);
    assert_eq!(modules, ["x"]);
}

#[test]
fn a_word_is_found_whole() {
    assert_eq!(words("Clock Clocks xClock (Clock)", "Clock").collect::<Vec<_>>(), [0, 21]);
}
