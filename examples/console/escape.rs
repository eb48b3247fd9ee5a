//! What a person types to this program, and not to the machine: lines that begin with a tilde.

/// What is to be done next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key {
    Type(u8),
    Break,
    Leave,
}

/// Where in a line the person is.
#[derive(Debug, Default)]
pub enum Escapes {
    /// Nothing but a beginning is special.
    #[default]
    Begin,
    Tilde,
    Within,
}

impl Escapes {
    /// Understands one byte. A tilde waits for what comes behind it; both are typed when that means nothing.
    pub fn read(&mut self, byte: u8) -> Vec<Key> {
        let (keys, next) = match (&self, byte) {
            (Self::Begin, b'~') => (Vec::new(), Self::Tilde),
            (Self::Tilde, b'.') => (vec![Key::Leave], Self::Begin),
            (Self::Tilde, b'B') => (vec![Key::Break], Self::Begin),
            (Self::Tilde, b'~') => (vec![Key::Type(b'~')], Self::Within),
            (Self::Tilde, other) => (vec![Key::Type(b'~'), Key::Type(other)], Self::after(other)),
            (Self::Begin | Self::Within, other) => (vec![Key::Type(other)], Self::after(other)),
        };
        *self = next;
        keys
    }

    fn after(byte: u8) -> Self {
        if matches!(byte, b'\r' | b'\n') { Self::Begin } else { Self::Within }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What comes of a text: the characters, with `B` for a break and `.` for leaving, in brackets.
    fn read(text: &str) -> String {
        let mut escapes = Escapes::default();
        let show = |key| match key {
            Key::Type(byte) => char::from(byte).to_string(),
            Key::Break => "[B]".to_owned(),
            Key::Leave => "[.]".to_owned(),
        };
        text.bytes().flat_map(|byte| escapes.read(byte)).map(show).collect()
    }

    #[test]
    fn a_tilde_at_the_beginning_of_a_line_is_for_this_program() {
        assert_eq!(read("~."), "[.]");
        assert_eq!(read("ls\r~B~."), "ls\r[B][.]");
        assert_eq!(read("~~x\n~."), "~x\n[.]");
    }

    #[test]
    fn elsewhere_and_before_anything_else_it_is_typed() {
        assert_eq!(read("cd ~.~B"), "cd ~.~B");
        assert_eq!(read("~x~."), "~x~.");
        assert_eq!(read("~\r~."), "~\r[.]");
    }
}
