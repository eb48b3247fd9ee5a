//! Which known names a wrong name may have meant.

/// How many names an error offers.
const OFFERED_MAX: usize = 3;

/// Returns up to three candidates that are near enough to be what was meant, nearest first.
///
/// Case and punctuation count least: `s2_c2_small` is next to `s2.c2.small`, and `boot_mode` to `BootMode`.
pub(crate) fn nearest<'c>(name: &str, candidates: impl IntoIterator<Item = &'c str>) -> Vec<String> {
    let folded = fold(name);
    // One slip in three letters still looks like a slip; more is another word.
    let limit = 1 + folded.chars().count() / 3;
    let mut near: Vec<_> = candidates
        .into_iter()
        .map(|known| (strsim::osa_distance(&folded, &fold(known)), strsim::osa_distance(name, known), known))
        .filter(|(distance, _, _)| *distance <= limit)
        .collect();
    near.sort_unstable();
    near.into_iter().take(OFFERED_MAX).map(|(_, _, known)| known.to_owned()).collect()
}

/// Returns `; did you mean "a" or "b"?` for the end of a message, or nothing when no name is near.
pub(crate) fn did_you_mean<'c>(name: &str, candidates: impl IntoIterator<Item = &'c str>) -> String {
    let quoted: Vec<_> = nearest(name, candidates).iter().map(|known| format!("{known:?}")).collect();
    if quoted.is_empty() { String::new() } else { format!("; did you mean {}?", quoted.join(" or ")) }
}

fn fold(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn swapped_and_missing_letters_are_near() {
        let known = ["power", "boot", "bios", "bmc"];
        assert_eq!(nearest("powr", known), ["power"]);
        assert_eq!(nearest("pwoer", known), ["power"]);
        assert_eq!(nearest("bois", known), ["bios", "boot"]);
    }

    #[test]
    fn case_and_punctuation_hardly_count() {
        assert_eq!(nearest("s2_c2_small", ["a1.c5.large", "s2.c2.small"]), ["s2.c2.small"]);
        assert_eq!(nearest("boot_mode", ["SecureBoot", "BootMode"]), ["BootMode"]);
        assert_eq!(nearest("Bootmode", ["boot_mode", "BootMode"]), ["BootMode", "boot_mode"]);
    }

    #[test]
    fn another_word_is_not_offered_and_three_are_enough() {
        assert_eq!(did_you_mean("colour", ["power", "boot"]), "");
        assert_eq!(nearest("fan5", ["fan4", "fan3", "fan2", "fan1"]), ["fan1", "fan2", "fan3"]);
        assert_eq!(did_you_mean("bot", ["boot", "bat"]), "; did you mean \"bat\" or \"boot\"?");
    }
}
