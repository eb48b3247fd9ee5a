//! `echo` and `printf`.

use super::Call;

pub(super) fn echo(call: &mut Call) -> u8 {
    let words = call.rest();
    let (end, words) = match words.split_first() {
        Some((flag, rest)) if flag == "-n" => ("", rest.to_vec()),
        _ => ("\n", words),
    };
    call.print(&format!("{}{end}", words.join(" ")));
    0
}

pub(super) fn printf(call: &mut Call) -> u8 {
    let words = call.rest();
    let words = words.strip_prefix(&["--".to_owned()]).unwrap_or(&words);
    let Some((format, values)) = words.split_first() else {
        return call.fail("usage: printf format [arguments]");
    };
    let mut values = values.iter();
    loop {
        let before = values.len();
        match formatted(format, &mut values) {
            Ok(bytes) => call.output.extend_from_slice(&bytes),
            Err(sign) => return call.fail(&format!("%{sign}: invalid directive")),
        }
        // The format is used again while it takes arguments and some are left.
        if values.len() == 0 || values.len() == before {
            return 0;
        }
    }
}

fn formatted(format: &str, values: &mut std::slice::Iter<'_, String>) -> Result<Vec<u8>, char> {
    let mut out = Vec::new();
    let mut signs = format.chars().peekable();
    while let Some(sign) = signs.next() {
        match sign {
            '%' => match signs.next() {
                Some('%') => out.push(b'%'),
                Some('s') => out.extend_from_slice(values.next().map_or("", String::as_str).as_bytes()),
                Some('b') => out.extend_from_slice(&escapes(values.next().map_or("", String::as_str))),
                Some('d' | 'i' | 'u') => {
                    let value = values.next().and_then(|text| text.parse::<i64>().ok()).unwrap_or(0);
                    out.extend_from_slice(value.to_string().as_bytes());
                }
                other => return Err(other.unwrap_or(' ')),
            },
            '\\' => {
                let mut text = String::from('\\');
                let octal = signs.peek().is_some_and(|sign| sign.is_digit(8));
                while let Some(digit) = signs.next_if(|sign| octal && text.len() < 4 && sign.is_digit(8)) {
                    text.push(digit);
                }
                if !octal {
                    text.extend(signs.next());
                }
                out.extend_from_slice(&escapes(&text));
            }
            other => push(&mut out, other),
        }
    }
    Ok(out)
}

fn escapes(text: &str) -> Vec<u8> {
    let mut out = Vec::new();
    let mut signs = text.chars().peekable();
    while let Some(sign) = signs.next() {
        match (sign, signs.peek().copied()) {
            ('\\', Some(digit)) if digit.is_digit(8) => {
                let mut value = 0;
                for _ in 0..4 {
                    match signs.next_if(|sign| sign.is_digit(8)).and_then(|sign| sign.to_digit(8)) {
                        Some(digit) => value = value * 8 + digit,
                        None => break,
                    }
                }
                out.push((value & 0xFF) as u8);
            }
            ('\\', Some(letter)) => {
                signs.next();
                match letter {
                    'n' => out.push(b'\n'),
                    't' => out.push(b'\t'),
                    'r' => out.push(b'\r'),
                    '\\' => out.push(b'\\'),
                    other => {
                        out.push(b'\\');
                        push(&mut out, other);
                    }
                }
            }
            (other, _) => push(&mut out, other),
        }
    }
    out
}

fn push(out: &mut Vec<u8>, sign: char) {
    out.extend_from_slice(sign.encode_utf8(&mut [0; 4]).as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn printf_knows_its_signs() {
        let values = ["a".to_owned(), "7".to_owned()];
        assert_eq!(formatted("%s-%d%%\\n\\101", &mut values.iter()).unwrap(), b"a-7%\nA");
        assert_eq!(formatted("%q", &mut values.iter()), Err('q'));
    }
}
