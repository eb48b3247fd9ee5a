//! Reads redirections and here-documents.

use super::parse::{Lines, Parser, Result, SyntaxError};
use super::syntax::{Redirect, Target, Word};
use super::word::{here_text, quoted_text, text_of};

impl Parser {
    pub(super) fn redirect(&mut self) -> Result<Option<Redirect>> {
        let start = self.at;
        let mut digits = String::new();
        while let Some(digit) = self.peek().filter(char::is_ascii_digit) {
            digits.push(digit);
            self.at += 1;
        }
        let Some(sign @ ('<' | '>')) = self.peek() else {
            self.at = start;
            return Ok(None);
        };
        self.at += 1;
        let fallback = if sign == '<' { 0 } else { 1 };
        let descriptor = digits.parse().unwrap_or(fallback);
        let to = self.target(sign)?;
        Ok(Some(Redirect { descriptor, to }))
    }

    fn target(&mut self, sign: char) -> Result<Target> {
        let make: fn(Word) -> Target = match (sign, self.peek()) {
            ('<', Some('<')) => return self.here_document(),
            ('>', Some('>')) => Target::Append,
            (_, Some('&')) => Target::Copy,
            ('>', Some('|')) => Target::Write,
            ('<', _) => {
                self.skip(Lines::Keep);
                return Ok(Target::Read(self.word()?));
            }
            _ => {
                self.skip(Lines::Keep);
                return Ok(Target::Write(self.word()?));
            }
        };
        self.at += 1;
        self.skip(Lines::Keep);
        Ok(make(self.word()?))
    }

    /// Takes a here-document out of the lines behind this one. Its text is taken as it stands.
    fn here_document(&mut self) -> Result<Target> {
        self.at += 1;
        if self.peek() == Some('-') || self.peek() == Some('<') {
            return Err(SyntaxError("simulated shell: <<- and <<< are not known".to_owned()));
        }
        self.skip(Lines::Keep);
        let quoted = matches!(self.peek(), Some('\'' | '"' | '\\'));
        let end: String = text_of(&self.word()?);
        let rest: String = self.chars.iter().skip(self.at).collect();
        let (line, body) = rest.split_once('\n').unwrap_or((&rest, ""));
        let mut text = String::new();
        let mut left = body;
        let found = loop {
            let (next, behind) = left.split_once('\n').unwrap_or((left, ""));
            if next == end {
                left = behind;
                break true;
            }
            if left.is_empty() {
                break false;
            }
            text.push_str(next);
            text.push('\n');
            left = behind;
        };
        if !found {
            return Err(SyntaxError("Syntax error: here-document without its end".to_owned()));
        }
        self.chars = format!("{line}\n{left}").chars().collect();
        self.at = 0;
        let word = match quoted {
            true => Word(vec![quoted_text(&text)]),
            false => self.deeper(|parser| here_text(&text, parser.depth))?,
        };
        Ok(Target::Here(word))
    }
}
