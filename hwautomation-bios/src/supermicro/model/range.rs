//! Which numbers, or which lengths, a setting takes.

use std::fmt;

/// Is a range that may be open at either end.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in crate::supermicro) struct Range {
    pub(super) min: Option<i64>,
    pub(super) max: Option<i64>,
    /// Counted from the minimum.
    pub(super) step: Option<i64>,
}

impl Range {
    pub(super) fn has(self, number: i64) -> bool {
        let (number, min) = (i128::from(number), i128::from(self.min.unwrap_or(0)));
        let step = i128::from(self.step.unwrap_or(1)).max(1);
        let above = self.min.is_none() || number >= min;
        let below = self.max.is_none_or(|max| number <= i128::from(max));
        above && below && (number - min) % step == 0
    }
}

/// Continues a sentence: ` from 0 to 28 by 2`.
impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.min, self.max) {
            (Some(min), Some(max)) => write!(f, " from {min} to {max}")?,
            (Some(min), None) => write!(f, " of at least {min}")?,
            (None, Some(max)) => write!(f, " of at most {max}")?,
            (None, None) => {}
        }
        match self.step {
            Some(step) if step > 1 => write!(f, " by {step}"),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_has_its_ends_and_its_steps() {
        let range = Range { min: Some(100), max: Some(200), step: Some(5) };
        for (number, is_in) in
            [(100, true), (200, true), (105, true), (99, false), (201, false), (102, false)]
        {
            assert_eq!(range.has(number), is_in, "{number}");
        }
        assert_eq!(range.to_string(), " from 100 to 200 by 5");
        assert!(Range::default().has(i64::MIN) && Range { step: Some(0), ..Range::default() }.has(7));
        assert!(Range { min: Some(i64::MIN), step: Some(i64::MAX), ..Range::default() }.has(i64::MIN));
    }
}
