//! From bytes to text, after the banner.

use super::Unreadable;

/// Is an encoding that SUM declares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Encoding {
    /// One byte is one character. A file that is written back has the same bytes, whatever they truly mean.
    Latin1,
    Utf8,
}

impl Encoding {
    /// Returns the name for the declaration.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Latin1 => "ISO-8859-1",
            Self::Utf8 => "UTF-8",
        }
    }

    /// Tells whether a text can be said in it.
    pub(super) fn can_say(self, text: &str) -> bool {
        self == Self::Utf8 || text.chars().all(|c| u8::try_from(c).is_ok())
    }

    /// Turns a text into bytes; what cannot be said becomes a character reference (XML 1.0, section 4.1).
    pub(super) fn encode(self, text: &str) -> Vec<u8> {
        match self {
            Self::Utf8 => text.as_bytes().to_vec(),
            Self::Latin1 => text.chars().flat_map(latin1).collect(),
        }
    }

    fn decode(self, bytes: &[u8]) -> Result<String, Unreadable> {
        match self {
            Self::Latin1 => Ok(bytes.iter().copied().map(char::from).collect()),
            Self::Utf8 => String::from_utf8(bytes.to_vec()).map_err(|_| Unreadable::NotUtf8),
        }
    }
}

fn latin1(c: char) -> Vec<u8> {
    u8::try_from(c).map_or_else(|_| format!("&#{};", u32::from(c)).into_bytes(), |byte| vec![byte])
}

/// Leaves out what a tool printed before the document, and decodes the rest as it declares.
pub(super) fn document(bytes: &[u8]) -> Result<(Encoding, String), Unreadable> {
    let root = find(bytes, b"<BiosCfg").ok_or(Unreadable::NoDocument)?;
    let (banner, document) = bytes.split_at_checked(root).ok_or(Unreadable::NoDocument)?;
    let encoding = match find(banner, b"<?xml") {
        Some(at) => declared(banner.get(at..).unwrap_or_default())?,
        None => Encoding::Utf8,
    };
    Ok((encoding, encoding.decode(document)?))
}

fn declared(declaration: &[u8]) -> Result<Encoding, Unreadable> {
    let text = String::from_utf8_lossy(declaration).to_ascii_lowercase();
    let declaration = text.split("?>").next().unwrap_or_default();
    let Some((_, rest)) = declaration.split_once("encoding") else { return Ok(Encoding::Utf8) };
    let name =
        rest.trim_start_matches(['=', ' ', '"', '\'']).split(['"', '\'', ' ']).next().unwrap_or_default();
    match name {
        "iso-8859-1" | "latin1" | "us-ascii" | "windows-1252" => Ok(Encoding::Latin1),
        "utf-8" | "utf8" => Ok(Encoding::Utf8),
        other => Err(Unreadable::Encoding(other.chars().take(40).collect())),
    }
}

fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|window| window == what)
}
