//! A range of numbers, as it stands in a bracket.

use hwautomation_core::error::{Error, Result};
use std::fmt;

/// Longer numbers are no numbers of hosts, and would not fit.
pub const DIGITS_MAX: usize = 18;

/// The numbers from `low` to `high`, with at least so many digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Span {
    pub low: u64,
    pub high: u64,
    digits: usize,
}

impl Span {
    /// Reads `7` or `01-40`. What is wrong is said without the word in which it stands.
    pub fn parse(text: &str) -> Result<Self> {
        let (low, high) = text.split_once('-').unwrap_or((text, text));
        if low.is_empty() || high.is_empty() {
            return Err(wrong(format!("the range {text:?} is empty"), "write a number, or two as 1-4"));
        }
        let span = Self { low: number(low)?, high: number(high)?, digits: digits(low) };
        if span.low > span.high {
            let right = format!("write [{high}-{low}]");
            return Err(wrong(format!("the range {text} runs backwards"), right));
        }
        if span.text(span.high) != high {
            let right = "write as many digits at both ends, such as 01-40";
            return Err(wrong(format!("the ends of the range {text} are padded differently"), right));
        }
        Ok(span)
    }

    /// Returns a range of one number, of a text that [`is_number`] takes.
    pub fn one(text: &str) -> Result<Self> {
        let number = number(text)?;
        Ok(Self { low: number, high: number, digits: digits(text) })
    }

    /// Makes one range of two, if the other one begins right behind this one and is written alike.
    pub fn join(self, next: Self) -> Option<Self> {
        let follows = self.high.checked_add(1) == Some(next.low);
        let alike =
            self.text(next.low) == next.text(next.low) && self.text(next.high) == next.text(next.high);
        (follows && alike).then_some(Self { high: next.high, ..self })
    }

    /// Returns how many numbers it has.
    pub fn count(self) -> u64 {
        self.high - self.low + 1
    }

    /// Returns the numbers as they are written.
    pub fn texts(self) -> impl Iterator<Item = String> {
        (self.low..=self.high).map(move |number| self.text(number))
    }

    fn text(self, number: u64) -> String {
        format!("{number:0digits$}", digits = self.digits)
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text(self.low))?;
        if self.low == self.high { Ok(()) } else { write!(f, "-{}", self.text(self.high)) }
    }
}

/// Tells whether a text is a number that may stand in a range.
pub fn is_number(text: &str) -> bool {
    (1..=DIGITS_MAX).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn number(text: &str) -> Result<u64> {
    let number = if is_number(text) { text.parse().ok() } else { None };
    number.ok_or_else(|| {
        let right = format!("ranges count numbers of at most {DIGITS_MAX} digits, such as [1-4,7]");
        wrong(format!("{text:?} in a range is no number"), right)
    })
}

/// A number with leading zeros says how many digits all of its range have.
fn digits(text: &str) -> usize {
    if text.starts_with('0') { text.len() } else { 1 }
}

/// Refuses, with what is wrong and what would be right.
pub fn wrong(what: String, right: impl Into<String>) -> Error {
    Error::invalid(what).with_remedy(right.into())
}
