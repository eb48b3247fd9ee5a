//! A BMC that lets a console in (IPMI 2.0, sections 13.17 to 13.23 and 13.31), without the code under test. What a
//! console writes wrongly is a panic.

use super::peer::{Hash, Peer};

/// How long the header of a packet outside of a session is.
const HEADER_BYTES: usize = 16;

/// What it knows of its user and itself, and what it heard from the console.
#[derive(Debug, Clone)]
pub(crate) struct Bmc {
    pub(crate) hash: Hash,
    pub(crate) username: Vec<u8>,
    pub(crate) password: Vec<u8>,
    /// The key K_g, where it is set.
    pub(crate) kg: Option<Vec<u8>>,
    pub(crate) managed_id: u32,
    pub(crate) managed_random: [u8; 16],
    pub(crate) guid: [u8; 16],
    pub(crate) console_id: u32,
    pub(crate) console_random: [u8; 16],
    pub(crate) role: u8,
}

impl Bmc {
    pub(crate) fn new(hash: Hash, username: &[u8], password: &[u8]) -> Self {
        Self {
            hash,
            username: username.to_vec(),
            password: password.to_vec(),
            kg: None,
            managed_id: 0x29F6_A3BF,
            managed_random: [4; 16],
            guid: [5; 16],
            console_id: 0,
            console_random: [0; 16],
            role: 0,
        }
    }

    /// Answers what a console writes while it opens a session.
    pub(crate) fn answer(&mut self, datagram: &[u8]) -> Vec<u8> {
        let (header, body) = datagram.split_at(HEADER_BYTES);
        assert_eq!(header[..5], [0x06, 0x00, 0xFF, 0x07, 0x06]);
        assert_eq!(header[6..14], [0; 8], "outside of a session");
        assert_eq!(usize::from(u16::from_le_bytes([header[14], header[15]])), body.len());
        let (kind, answer) = match header[5] {
            0x10 => (0x11, self.open(body)),
            0x12 => (0x13, self.name(body)),
            0x14 => (0x15, self.prove(body)),
            other => panic!("a console writes no payload {other:#x}"),
        };
        let length = u16::try_from(answer.len()).expect("answers are short").to_le_bytes();
        [&[0x06, 0x00, 0xFF, 0x07, 0x06, kind, 0, 0, 0, 0, 0, 0, 0, 0], &length[..], &answer].concat()
    }

    /// Takes an Open Session Request (section 13.17).
    fn open(&mut self, body: &[u8]) -> Vec<u8> {
        let [integrity, code] = match self.hash {
            Hash::Sha1 => [1, 1],
            Hash::Sha256 => [3, 4],
        };
        let algorithms =
            [[0, 0, 0, 8, integrity, 0, 0, 0], [1, 0, 0, 8, code, 0, 0, 0], [2, 0, 0, 8, 1, 0, 0, 0]]
                .concat();
        assert_eq!((body.len(), body[8..].to_vec()), (32, algorithms.clone()));
        assert_eq!(body[2..4], [0, 0]);
        self.console_id = word(&body[4..8]);
        self.head(body[0], &[&self.managed_id.to_le_bytes(), algorithms.as_slice()].concat())
    }

    /// Takes RAKP message 1 (section 13.20).
    fn name(&mut self, body: &[u8]) -> Vec<u8> {
        assert_eq!((word(&body[4..8]), &body[1..4]), (self.managed_id, &[0; 3][..]));
        self.console_random.copy_from_slice(&body[8..24]);
        self.role = body[24];
        assert_eq!((&body[25..27], usize::from(body[27])), (&[0; 2][..], self.username.len()));
        assert_eq!(body[28..], self.username);
        let code = self.rakp2_code(&self.managed_random, &self.guid);
        self.head(body[0], &[&self.managed_random, &self.guid, code.as_slice()].concat())
    }

    /// Takes RAKP message 3 (section 13.22).
    fn prove(&mut self, body: &[u8]) -> Vec<u8> {
        assert_eq!((word(&body[4..8]), &body[1..4]), (self.managed_id, &[0; 3][..]));
        let covered = [&self.managed_random, &self.console_id.to_le_bytes()[..], &self.who()].concat();
        assert_eq!(body[8..], self.hash.hmac(&self.password, &covered));
        self.head(body[0], &self.rakp4_code())
    }

    /// Says that all is well, to this console.
    fn head(&self, tag: u8, body: &[u8]) -> Vec<u8> {
        [&[tag, 0, 4, 0], &self.console_id.to_le_bytes()[..], body].concat()
    }

    /// The code of RAKP message 2, for what a BMC may have said (section 13.31).
    pub(crate) fn rakp2_code(&self, managed_random: &[u8; 16], guid: &[u8; 16]) -> Vec<u8> {
        let ids = [self.console_id.to_le_bytes(), self.managed_id.to_le_bytes()].concat();
        let covered = [&ids[..], &self.console_random, managed_random, guid, &self.who()].concat();
        self.hash.hmac(&self.password, &covered)
    }

    /// The code of RAKP message 4, as short as a packet's.
    pub(crate) fn rakp4_code(&self) -> Vec<u8> {
        let covered = [&self.console_random, &self.managed_id.to_le_bytes()[..], &self.guid].concat();
        let mut code = self.hash.hmac(&self.sik(), &covered);
        code.truncate(self.hash.code_bytes());
        code
    }

    /// Its side of the session that was opened.
    pub(crate) fn session(&self) -> Peer {
        Peer::new(self.hash, &self.sik(), self.console_id, self.managed_id)
    }

    fn sik(&self) -> Vec<u8> {
        let covered = [&self.console_random, &self.managed_random, &self.who()[..]].concat();
        self.hash.hmac(self.kg.as_ref().unwrap_or(&self.password), &covered)
    }

    /// The role, the length of the name and the name.
    fn who(&self) -> Vec<u8> {
        let length = u8::try_from(self.username.len()).expect("names are short");
        [&[self.role, length], self.username.as_slice()].concat()
    }
}

fn word(bytes: &[u8]) -> u32 {
    u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]])
}
