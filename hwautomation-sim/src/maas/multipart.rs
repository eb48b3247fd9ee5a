//! Forms in parts (RFC 7578), as the official command line client sends them.

use super::answer::Answer;
use super::form::Form;

/// How many parts are looked at, as for the fields of a form.
const PARTS_MAX: usize = 1000;

/// Reads the fields of a multipart body; a part may be encoded as base64.
pub(super) fn read(content_type: &str, body: &[u8]) -> Result<Form, Answer> {
    let boundary = boundary(content_type).ok_or_else(Answer::bad_request)?;
    let text = String::from_utf8_lossy(body);
    let line = format!("--{boundary}");
    let mut parts = text.split(&line);
    parts.next();
    let mut form = Form::default();
    for part in parts.take(PARTS_MAX).take_while(|part| !part.starts_with("--")) {
        let (name, value) = field(part).ok_or_else(Answer::bad_request)?;
        form.push(&name, value);
    }
    Ok(form)
}

fn boundary(content_type: &str) -> Option<&str> {
    let (_, rest) = content_type.split_once("boundary=")?;
    let boundary = rest.split(';').next()?.trim().trim_matches('"');
    (!boundary.is_empty()).then_some(boundary)
}

fn field(part: &str) -> Option<(String, String)> {
    let (head, value) = part.split_once("\r\n\r\n").or_else(|| part.split_once("\n\n"))?;
    let (_, rest) = head.split_once("name=\"")?;
    let (name, _) = rest.split_once('"')?;
    let value = value.strip_suffix("\r\n").or_else(|| value.strip_suffix('\n')).unwrap_or(value);
    let encoded = head.to_ascii_lowercase().contains("content-transfer-encoding: base64");
    let value = if encoded { base64(value)? } else { value.to_owned() };
    Some((name.to_owned(), value))
}

/// Decodes base64 (RFC 4648); line breaks are skipped.
fn base64(text: &str) -> Option<String> {
    let digits = text.bytes().filter(|byte| !byte.is_ascii_whitespace()).take_while(|byte| *byte != b'=');
    let mut bits = 0_u32;
    let mut held = 0;
    let mut bytes = Vec::new();
    for digit in digits {
        bits = bits << 6 & 0xFFFF | u32::from(digit_value(digit)?);
        held += 6;
        if held >= 8 {
            held -= 8;
            bytes.push((bits >> held & 0xFF) as u8);
        }
    }
    String::from_utf8(bytes).ok()
}

const fn digit_value(digit: u8) -> Option<u8> {
    match digit {
        b'A'..=b'Z' => Some(digit - b'A'),
        b'a'..=b'z' => Some(digit - b'a' + 26),
        b'0'..=b'9' => Some(digit - b'0' + 52),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_fields_also_in_base64() {
        let body = "--x\r\nContent-Disposition: form-data; name=\"add\"\r\n\r\nabc123\r\n--x\r\n\
                    Content-Disposition: form-data; name=\"comment\"\r\nContent-Transfer-Encoding: base64\r\n\r\n\
                    aGVsbG8gd29ybGQ=\r\n--x--\r\n";
        let form = read("multipart/form-data; boundary=x", body.as_bytes()).unwrap();
        assert_eq!((form.get("add"), form.get("comment")), (Some("abc123"), Some("hello world")));
    }

    #[test]
    fn a_body_without_its_boundary_is_refused() {
        assert!(read("multipart/form-data", b"--x\r\n").is_err());
    }
}
