//! The codes by which console and BMC prove to each other that they know the password (IPMI 2.0, section 13.31).

use super::Suite;

/// What both sides know after RAKP 2.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Exchange {
    pub(crate) suite: Suite,
    pub(crate) console: u32,
    pub(crate) managed: u32,
    pub(crate) console_random: [u8; 16],
    pub(crate) managed_random: [u8; 16],
    pub(crate) guid: [u8; 16],
    /// The whole byte that the console sent: privilege, and how to look the user up.
    pub(crate) role: u8,
    pub(crate) username: Vec<u8>,
}

impl Exchange {
    /// The BMC's proof, sent in RAKP 2.
    pub(crate) fn managed_proof(&self, password: &[u8]) -> Vec<u8> {
        let (console, managed) = (self.console.to_le_bytes(), self.managed.to_le_bytes());
        let (from, to) = (&self.console_random, &self.managed_random);
        self.suite.hmac(password, &[&console, &managed, from, to, &self.guid, &self.user()])
    }

    /// The console's proof, expected in RAKP 3.
    pub(crate) fn console_proof(&self, password: &[u8]) -> Vec<u8> {
        self.suite.hmac(password, &[&self.managed_random, &self.console.to_le_bytes(), &self.user()])
    }

    /// The session integrity key, made with the BMC's own key, or with the password where none is set.
    pub(crate) fn session_key(&self, key: &[u8]) -> Vec<u8> {
        self.suite.hmac(key, &[&self.console_random, &self.managed_random, &self.user()])
    }

    /// The proof in RAKP 4 that the BMC has the same session integrity key.
    pub(crate) fn key_proof(&self, session_key: &[u8]) -> Vec<u8> {
        let managed = self.managed.to_le_bytes();
        let mut code = self.suite.hmac(session_key, &[&self.console_random, &managed, &self.guid]);
        code.truncate(self.suite.code_length());
        code
    }

    /// Role, length of the name, name.
    fn user(&self) -> Vec<u8> {
        let length =
            u8::try_from(self.username.len()).expect("a name has at most sixteen bytes: RAKP 1 was read");
        [&[self.role, length], &self.username[..]].concat()
    }
}
