//! Reads a command line into [`Script`].

use super::syntax::{Command, Item, Joint, Kind, Pipeline, Script};

/// How deep brackets and substitutions may nest: a person writes three or four; more would eat the stack.
const DEPTH_MAX: u32 = 24;
/// How long a line may be. Linux refuses a single argument over 128 KiB.
const LINE_MAX: usize = 128 * 1024;
/// Words that begin or end a compound command.
const RESERVED: [&str; 13] =
    ["then", "else", "elif", "fi", "do", "done", "}", "if", "while", "until", "for", "{", "case"];

/// Says why a line is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SyntaxError(pub(crate) String);

pub(super) type Result<T> = std::result::Result<T, SyntaxError>;

/// Reads a whole line.
///
/// # Errors
/// What a shell would call a syntax error, and what this one does not know.
pub(crate) fn parse(text: &str) -> Result<Script> {
    parse_at(text, 0)
}

pub(super) fn parse_at(text: &str, depth: u32) -> Result<Script> {
    if text.len() > LINE_MAX {
        return Err(SyntaxError("Argument list too long".to_owned()));
    }
    let mut parser = Parser { chars: text.chars().collect(), at: 0, depth };
    let script = parser.list()?;
    match parser.peek() {
        None => Ok(script),
        Some(_) => Err(parser.unexpected()),
    }
}

/// Walks over the signs of a line.
pub(super) struct Parser {
    pub(super) chars: Vec<char>,
    pub(super) at: usize,
    pub(super) depth: u32,
}

impl Parser {
    pub(super) fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    pub(super) fn ahead(&self, by: usize) -> Option<char> {
        self.chars.get(self.at + by).copied()
    }

    pub(super) fn next(&mut self) -> Option<char> {
        let next = self.peek()?;
        self.at += 1;
        Some(next)
    }

    pub(super) fn eat(&mut self, wanted: char) -> bool {
        let found = self.peek() == Some(wanted);
        if found {
            self.at += 1;
        }
        found
    }

    pub(super) fn unexpected(&self) -> SyntaxError {
        let what = match self.peek() {
            None => "end of file".to_owned(),
            Some('\n') => "newline".to_owned(),
            Some(sign) => format!("\"{sign}\""),
        };
        SyntaxError(format!("Syntax error: {what} unexpected"))
    }

    pub(super) fn deeper<T>(&mut self, read: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err(SyntaxError("Syntax error: nested too deep".to_owned()));
        }
        let read = read(self);
        self.depth -= 1;
        read
    }

    /// Skips blanks, joined lines and comments; newlines too when `lines`.
    pub(super) fn skip(&mut self, lines: Lines) {
        loop {
            match self.peek() {
                Some(' ' | '\t') => self.at += 1,
                Some('\n') if lines == Lines::Skip => self.at += 1,
                Some('\\') if self.ahead(1) == Some('\n') => self.at += 2,
                Some('#') => self.comment(),
                _ => return,
            }
        }
    }

    fn comment(&mut self) {
        while self.peek().is_some_and(|sign| sign != '\n') {
            self.at += 1;
        }
    }

    pub(super) fn list(&mut self) -> Result<Script> {
        let mut items = Vec::new();
        loop {
            self.skip(Lines::Skip);
            if self.at_end_of_list() {
                return Ok(Script(items));
            }
            items.push(self.item()?);
        }
    }

    fn at_end_of_list(&self) -> bool {
        match self.peek() {
            None | Some(')') => true,
            Some(_) => self
                .reserved()
                .is_some_and(|word| matches!(word, "then" | "else" | "elif" | "fi" | "do" | "done" | "}")),
        }
    }

    /// Returns the reserved word that stands here, if one does.
    fn reserved(&self) -> Option<&'static str> {
        RESERVED.into_iter().find(|word| self.is_word(word))
    }

    fn is_word(&self, word: &str) -> bool {
        let length = word.chars().count();
        word.chars().enumerate().all(|(by, sign)| self.ahead(by) == Some(sign))
            && self.ahead(length).is_none_or(ends_word)
    }

    fn eat_word(&mut self, word: &str) -> bool {
        self.skip(Lines::Skip);
        let found = self.is_word(word);
        if found {
            self.at += word.chars().count();
        }
        found
    }

    fn demand_word(&mut self, word: &str) -> Result<()> {
        match self.eat_word(word) {
            true => Ok(()),
            false => Err(self.unexpected()),
        }
    }

    fn item(&mut self) -> Result<Item> {
        let first = self.pipeline()?;
        let mut rest = Vec::new();
        while let Some(joint) = self.joint() {
            self.skip(Lines::Skip);
            rest.push((joint, self.pipeline()?));
        }
        let background = self.peek() == Some('&');
        self.end_of_item()?;
        Ok(Item { first, rest, background })
    }

    fn joint(&mut self) -> Option<Joint> {
        self.skip(Lines::Keep);
        let joint = match (self.peek(), self.ahead(1)) {
            (Some('&'), Some('&')) => Joint::And,
            (Some('|'), Some('|')) => Joint::Or,
            _ => return None,
        };
        self.at += 2;
        Some(joint)
    }

    fn end_of_item(&mut self) -> Result<()> {
        match self.peek() {
            Some(';' | '&' | '\n') if self.ahead(1) != Some(';') => {
                self.at += 1;
                Ok(())
            }
            None | Some(')') => Ok(()),
            Some(_) if self.at_end_of_list() => Ok(()),
            Some(_) => Err(self.unexpected()),
        }
    }

    fn pipeline(&mut self) -> Result<Pipeline> {
        let negated = self.is_word("!");
        if negated {
            self.at += 1;
            self.skip(Lines::Keep);
        }
        let mut stages = vec![self.command()?];
        loop {
            self.skip(Lines::Keep);
            if self.peek() != Some('|') || self.ahead(1) == Some('|') {
                return Ok(Pipeline { negated, stages });
            }
            self.at += 1;
            self.skip(Lines::Skip);
            stages.push(self.command()?);
        }
    }

    fn command(&mut self) -> Result<Command> {
        if self.peek() == Some('(') {
            self.at += 1;
            return self.compound(|parser| {
                let script = parser.list()?;
                match parser.eat(')') {
                    true => Ok(Kind::Subshell(script)),
                    false => Err(parser.unexpected()),
                }
            });
        }
        match self.reserved() {
            Some("{") => self.compound(Self::group),
            Some("if") => self.compound(Self::branches),
            Some(word @ ("while" | "until")) => self.compound(|parser| parser.repeat(word)),
            Some("for") => self.compound(Self::each),
            Some(word) => Err(SyntaxError(format!("Syntax error: \"{word}\" unexpected"))),
            None => self.simple(),
        }
    }

    fn compound(&mut self, read: impl FnOnce(&mut Self) -> Result<Kind>) -> Result<Command> {
        let kind = self.deeper(read)?;
        let mut redirects = Vec::new();
        self.skip(Lines::Keep);
        while let Some(redirect) = self.redirect()? {
            redirects.push(redirect);
            self.skip(Lines::Keep);
        }
        Ok(Command { kind, redirects })
    }

    fn group(&mut self) -> Result<Kind> {
        self.demand_word("{")?;
        let script = self.list()?;
        self.demand_word("}")?;
        Ok(Kind::Group(script))
    }

    fn branches(&mut self) -> Result<Kind> {
        self.demand_word("if")?;
        let mut branches = vec![self.branch()?];
        let mut otherwise = None;
        while self.eat_word("elif") {
            branches.push(self.branch()?);
        }
        if self.eat_word("else") {
            otherwise = Some(self.list()?);
        }
        self.demand_word("fi")?;
        Ok(Kind::If { branches, otherwise })
    }

    fn branch(&mut self) -> Result<(Script, Script)> {
        let condition = self.list()?;
        self.demand_word("then")?;
        Ok((condition, self.list()?))
    }

    fn repeat(&mut self, word: &'static str) -> Result<Kind> {
        self.demand_word(word)?;
        let condition = self.list()?;
        Ok(Kind::Loop { condition, until: word == "until", body: self.body()? })
    }

    fn body(&mut self) -> Result<Script> {
        self.demand_word("do")?;
        let body = self.list()?;
        self.demand_word("done")?;
        Ok(body)
    }

    fn each(&mut self) -> Result<Kind> {
        self.demand_word("for")?;
        self.skip(Lines::Keep);
        let name = self.name();
        if name.is_empty() {
            return Err(SyntaxError("Syntax error: Bad for loop variable".to_owned()));
        }
        self.demand_word("in")?;
        let mut words = Vec::new();
        loop {
            self.skip(Lines::Keep);
            match self.peek() {
                Some(';' | '\n') => break,
                None => return Err(self.unexpected()),
                Some(_) => words.push(self.word()?),
            }
        }
        self.at += 1;
        let body = self.body()?;
        Ok(Kind::For { name, words, body })
    }

    fn simple(&mut self) -> Result<Command> {
        let (mut assignments, mut words, mut redirects) = (Vec::new(), Vec::new(), Vec::new());
        loop {
            self.skip(Lines::Keep);
            if let Some(redirect) = self.redirect()? {
                redirects.push(redirect);
            } else if self.peek().is_none_or(is_operator) {
                break;
            } else if let Some(name) = self.assigned(words.is_empty()) {
                let value = self.word_or_nothing()?;
                assignments.push((name, value));
            } else {
                words.push(self.word()?);
            }
        }
        if assignments.is_empty() && words.is_empty() && redirects.is_empty() {
            return Err(self.unexpected());
        }
        Ok(Command { kind: Kind::Simple { assignments, words }, redirects })
    }

    /// Takes `name=` when that stands here, in front of the command's name.
    fn assigned(&mut self, in_front: bool) -> Option<String> {
        if !in_front {
            return None;
        }
        let start = self.at;
        let name = self.name();
        if !name.is_empty() && self.eat('=') {
            return Some(name);
        }
        self.at = start;
        None
    }

    pub(super) fn name(&mut self) -> String {
        let mut name = String::new();
        while let Some(sign) = self.peek() {
            let first = name.is_empty();
            if !(sign == '_' || sign.is_ascii_alphabetic() || (!first && sign.is_ascii_digit())) {
                break;
            }
            name.push(sign);
            self.at += 1;
        }
        name
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Lines {
    Skip,
    Keep,
}

fn is_operator(sign: char) -> bool {
    matches!(sign, ';' | '&' | '|' | '(' | ')' | '\n')
}

pub(super) fn ends_word(sign: char) -> bool {
    is_operator(sign) || matches!(sign, ' ' | '\t' | '<' | '>')
}
