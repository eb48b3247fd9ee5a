//! Which texts can be an API key. Pure.

use hwautomation_core::error::{Error, Result};
use hwautomation_core::secret::Secret;

/// Refuses what cannot be an API key: a piece of JSON pasted whole, or a line with its end.
pub(super) fn check_key(key: &Secret) -> Result<()> {
    let text = key.expose();
    let pasted = |c: char| matches!(c, '{' | '}' | '"');
    let (wrong, right) = if text.is_empty() {
        ("it is empty", "put the API key where authentication.key points")
    } else if text.starts_with(pasted) || text.ends_with(pasted) {
        ("it begins or ends with a brace or a quotation mark", "store the bare key, without JSON around it")
    } else if !text.chars().all(|c| c.is_ascii_graphic()) {
        ("it has blanks, line ends or characters outside ASCII", "store the bare key, without a line end")
    } else {
        return Ok(());
    };
    Err(Error::invalid(format!("checking the API key: {wrong}")).with_remedy(right))
}
