//! Which names tags may have.

use hwautomation_core::error::{Error, Result};

/// How long a tag's name may be (MAAS 3.7.3 refuses one of 257 characters).
const NAME_CHARS_MAX: usize = 256;

/// Refuses a name that MAAS would refuse, so that nothing is sent for it. It is also safe as a part of a path.
pub(crate) fn check_name(tag: &str) -> Result<()> {
    let fine = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if (1..=NAME_CHARS_MAX).contains(&tag.len()) && tag.chars().all(fine) {
        return Ok(());
    }
    let shown: String = tag.chars().take(40).collect();
    Err(Error::invalid(format!("checking the tag {shown:?}: MAAS takes no such name"))
        .with_remedy("use 1 to 256 of the characters A-Z a-z 0-9 _ and -"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_letters_digits_underscore_and_dash() {
        for tag in ["a", "-x", "0", "rack_3-B", &"t".repeat(256)] {
            assert!(check_name(tag).is_ok(), "{tag}");
        }
        for tag in ["", "has space", "a.b", "a:b", "a/b", "größer", "a\n", &"t".repeat(257)] {
            let error = check_name(tag).unwrap_err();
            assert!(error.remedy().unwrap().contains("256") && error.message().len() < 250, "{error:?}");
        }
    }
}
