//! Reads words: quotes, escapes, parameters, substitutions.

use super::parse::{Parser, Result, SyntaxError, ends_word, parse_at};
use super::syntax::{Fallback, How, Part, Word};

impl Parser {
    pub(super) fn word_or_nothing(&mut self) -> Result<Word> {
        match self.peek().is_none_or(ends_word) {
            true => Ok(Word::default()),
            false => self.word(),
        }
    }

    pub(super) fn word(&mut self) -> Result<Word> {
        if self.peek().is_none_or(ends_word) {
            return Err(self.unexpected());
        }
        let mut parts = Vec::new();
        while let Some(sign) = self.peek().filter(|sign| !ends_word(*sign)) {
            match sign {
                '\'' => parts.push(self.single()?),
                '"' => self.double(&mut parts)?,
                '\\' => self.escaped(&mut parts),
                '$' => parts.push(self.dollar(false)?),
                '`' => parts.push(self.backquoted(false)?),
                _ => {
                    self.at += 1;
                    push_text(&mut parts, sign, false);
                }
            }
        }
        Ok(Word(parts))
    }

    fn single(&mut self) -> Result<Part> {
        self.at += 1;
        let mut text = String::new();
        loop {
            match self.next() {
                Some('\'') => return Ok(Part::Text { text, quoted: true }),
                Some(sign) => text.push(sign),
                None => return Err(SyntaxError("Syntax error: Unterminated quoted string".to_owned())),
            }
        }
    }

    fn double(&mut self, parts: &mut Vec<Part>) -> Result<()> {
        self.at += 1;
        parts.push(quoted_text(""));
        loop {
            match self.peek() {
                Some('"') => {
                    self.at += 1;
                    return Ok(());
                }
                None => return Err(SyntaxError("Syntax error: Unterminated quoted string".to_owned())),
                Some(_) => self.inside_double(parts)?,
            }
        }
    }

    fn inside_double(&mut self, parts: &mut Vec<Part>) -> Result<()> {
        match (self.peek(), self.ahead(1)) {
            (Some('\\'), Some('\n')) => self.at += 2,
            (Some('\\'), Some(sign @ ('$' | '`' | '"' | '\\'))) => {
                self.at += 2;
                push_text(parts, sign, true);
            }
            (Some('$'), _) => parts.push(self.dollar(true)?),
            (Some('`'), _) => parts.push(self.backquoted(true)?),
            (Some(sign), _) => {
                self.at += 1;
                push_text(parts, sign, true);
            }
            (None, _) => {}
        }
        Ok(())
    }

    fn escaped(&mut self, parts: &mut Vec<Part>) {
        self.at += 1;
        match self.next() {
            Some('\n') => {}
            Some(sign) => push_text(parts, sign, true),
            None => push_text(parts, '\\', true),
        }
    }

    fn dollar(&mut self, quoted: bool) -> Result<Part> {
        self.at += 1;
        match self.peek() {
            Some('(') if self.ahead(1) == Some('(') => {
                Err(SyntaxError("simulated shell: arithmetic is not known".to_owned()))
            }
            Some('(') => {
                self.at += 1;
                let script = self.deeper(Self::list)?;
                match self.eat(')') {
                    true => Ok(Part::Output { script, quoted }),
                    false => Err(self.unexpected()),
                }
            }
            Some('{') => self.deeper(|parser| parser.braced(quoted)),
            Some(sign @ ('?' | '$' | '!' | '#' | '@' | '*' | '-' | '0'..='9')) => {
                self.at += 1;
                Ok(parameter(sign.to_string(), None, quoted))
            }
            _ => {
                let name = self.name();
                Ok(match name.is_empty() {
                    true => Part::Text { text: "$".to_owned(), quoted },
                    false => parameter(name, None, quoted),
                })
            }
        }
    }

    fn braced(&mut self, quoted: bool) -> Result<Part> {
        self.at += 1;
        let name = match self.peek() {
            Some(sign @ ('?' | '#' | '@' | '*' | '0'..='9')) => {
                self.at += 1;
                sign.to_string()
            }
            _ => self.name(),
        };
        let empty_too = self.eat(':');
        let how = match self.next() {
            Some('}') if !empty_too && !name.is_empty() => {
                return Ok(parameter(name, None, quoted));
            }
            Some('-') => How::Use,
            Some('=') => How::Assign,
            Some('?') => How::Fail,
            Some('+') => How::Instead,
            _ => return Err(SyntaxError("Bad substitution".to_owned())),
        };
        let word = self.until_brace()?;
        let fallback = Fallback { how, empty_too, word };
        Ok(parameter(name, Some(fallback), quoted))
    }

    fn until_brace(&mut self) -> Result<Word> {
        let mut parts = Vec::new();
        loop {
            match self.peek() {
                Some('}') => {
                    self.at += 1;
                    return Ok(Word(parts));
                }
                Some('\'') => parts.push(self.single()?),
                Some('"') => self.double(&mut parts)?,
                Some('\\') => self.escaped(&mut parts),
                Some('$') => parts.push(self.dollar(false)?),
                Some(sign) => {
                    self.at += 1;
                    push_text(&mut parts, sign, false);
                }
                None => return Err(SyntaxError("Syntax error: Missing '}'".to_owned())),
            }
        }
    }

    fn backquoted(&mut self, quoted: bool) -> Result<Part> {
        self.at += 1;
        let mut text = String::new();
        loop {
            match (self.next(), self.peek()) {
                (Some('`'), _) => break,
                (Some('\\'), Some(sign @ ('`' | '\\' | '$'))) => {
                    self.at += 1;
                    text.push(sign);
                }
                (Some(sign), _) => text.push(sign),
                (None, _) => {
                    return Err(SyntaxError("Syntax error: EOF in backquote substitution".to_owned()));
                }
            }
        }
        let script = self.deeper(|parser| parse_at(&text, parser.depth))?;
        Ok(Part::Output { script, quoted })
    }
}

/// Reads the text of a here-document whose end was not quoted: `$` and backquotes are expanded.
pub(super) fn here_text(text: &str, depth: u32) -> Result<Word> {
    let mut parser = Parser { chars: text.chars().collect(), at: 0, depth };
    let mut parts = vec![quoted_text("")];
    while parser.peek().is_some() {
        parser.inside_double(&mut parts)?;
    }
    Ok(Word(parts))
}

pub(super) fn quoted_text(text: &str) -> Part {
    Part::Text { text: text.to_owned(), quoted: true }
}

fn parameter(name: String, fallback: Option<Fallback>, quoted: bool) -> Part {
    Part::Parameter { name, fallback, quoted }
}

fn push_text(parts: &mut Vec<Part>, sign: char, quoted: bool) {
    if let Some(Part::Text { text, quoted: last }) = parts.last_mut()
        && *last == quoted
    {
        text.push(sign);
        return;
    }
    parts.push(Part::Text { text: sign.to_string(), quoted });
}

pub(super) fn text_of(word: &Word) -> String {
    let text = |part: &Part| match part {
        Part::Text { text, .. } => text.clone(),
        _ => String::new(),
    };
    word.0.iter().map(text).collect()
}
