//! The answers of a BMC while a session is opened (IPMI 2.0, sections 13.18, 13.21 and 13.23).

use super::bmc::Bmc;
use super::peer::Hash;
use super::script::Script;
use crate::wire::{
    Exchange, OpenAnswer, Payload, Rakp2, Rakp4, Role, Sealed, Suite, bare, open_session, rakp1, rakp3,
    role_by_name, unwrap_bare,
};

/// The parts of an input: what arrives as it is; the BMC's own answer; that answer, changed (at the place in the first
/// two bytes, by the third) and followed by the rest of the part.
pub(super) const RAW: u8 = 0;
pub(super) const HONEST: u8 = 1;
pub(super) const CHANGED: u8 = 2;
const KINDS: u8 = 3;

/// The bits of the choice: suite 17, a key K_g, and what is tried as name and password.
pub(super) const SEVENTEEN: u8 = 1;
const KG: u8 = 2;
const USERS: [(&str, &[u8]); 4] =
    [("ADMIN", b"ADMIN"), ("", b""), ("sixteen-letters-", b"twenty-letters-long-"), ("ipmiusr", b"test")];

/// What a captured session has, too: the id of the console, and the tag of each message.
pub(super) const CONSOLE_ID: u32 = 0xA0A2_A3A4;
const TAG: u8 = 0;
const ADMINISTRATOR: u8 = 4;
/// How long the envelope of an answer is.
const ENVELOPE_BYTES: usize = 16;

pub(super) fn run(input: &[u8]) {
    let script = Script::new(input);
    let mut console = Console::new(script.choice);
    for part in script {
        let Some(mut datagram) = console.ask() else { break };
        match part.kind % KINDS {
            RAW => datagram = part.bytes.to_vec(),
            HONEST => {}
            CHANGED.. => change(&mut datagram, part.bytes),
        }
        let moved = console.read(&datagram);
        assert!(moved || part.kind % KINDS != HONEST, "an honest BMC was not understood");
    }
    console.talk();
}

fn change(datagram: &mut Vec<u8>, bytes: &[u8]) {
    if let Some((&[low, high, by], more)) = bytes.split_first_chunk() {
        let at = usize::from(u16::from_le_bytes([low, high])) % datagram.len();
        datagram[at] ^= by;
        datagram.extend(more);
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Open,
    Name,
    Proof,
    Through,
}

/// A console that logs in, and the BMC that knows its password.
struct Console {
    exchange: Exchange,
    password: &'static [u8],
    stage: Stage,
    bmc: Bmc,
}

impl Console {
    fn new(choice: u8) -> Self {
        let (username, password) = USERS[usize::from(choice >> 2) % USERS.len()];
        let (suite, hash) = match choice & SEVENTEEN {
            0 => (Suite::Three, Hash::Sha1),
            _ => (Suite::Seventeen, Hash::Sha256),
        };
        let mut bmc = Bmc::new(hash, username.as_bytes(), password);
        bmc.kg = (choice & KG != 0).then(|| b"a key of twenty byte".to_vec());
        let exchange = Exchange {
            suite,
            console_id: CONSOLE_ID,
            managed_id: 0,
            console_random: [3; 16],
            managed_random: [0; 16],
            guid: [0; 16],
            role: Role { byte: role_by_name(ADMINISTRATOR), username: username.to_owned() },
        };
        Self { exchange, password, stage: Stage::Open, bmc }
    }

    /// Writes the message of this stage, and returns what the BMC answers.
    fn ask(&mut self) -> Option<Vec<u8>> {
        let request = match self.stage {
            Stage::Open => {
                bare(Payload::OpenRequest, &open_session(TAG, ADMINISTRATOR, CONSOLE_ID, self.exchange.suite))
            }
            Stage::Name => bare(Payload::Rakp1, &rakp1(TAG, &self.exchange)),
            Stage::Proof => {
                let code = self.exchange.rakp3_code(self.password);
                bare(Payload::Rakp3, &rakp3(TAG, self.exchange.managed_id, &code))
            }
            Stage::Through => return None,
        };
        Some(self.bmc.answer(&request))
    }

    /// Reads an answer, and goes on when it is good.
    fn read(&mut self, datagram: &[u8]) -> bool {
        let next = match self.stage {
            Stage::Open => self.opened(datagram).then_some(Stage::Name),
            Stage::Name => self.named(datagram).then_some(Stage::Proof),
            Stage::Proof => self.proved(datagram).then_some(Stage::Through),
            Stage::Through => None,
        };
        self.stage = next.unwrap_or(self.stage);
        next.is_some()
    }

    fn opened(&mut self, datagram: &[u8]) -> bool {
        let body = body(0x11, datagram);
        let found = unwrap_bare(Payload::OpenAnswer, datagram)
            .and_then(|body| OpenAnswer::read(body, TAG, CONSOLE_ID));
        let expected = body.and_then(|body| match head(body)? {
            0 if body.len() < 36 || [body[12], body[20], body[28]] != [0, 1, 2] => None,
            0 => Some(OpenAnswer::Opened {
                managed_id: u32::from_le_bytes([body[8], body[9], body[10], body[11]]),
                algorithms: [body[16], body[24], body[32]].map(|algorithm| algorithm & 0x3F),
            }),
            status => Some(OpenAnswer::Refused(status)),
        });
        assert_eq!(found, expected, "{datagram:02x?}");
        match found {
            Some(OpenAnswer::Opened { managed_id, algorithms })
                if algorithms == self.exchange.suite.algorithms() =>
            {
                self.exchange.managed_id = managed_id;
                self.bmc.managed_id = managed_id;
                true
            }
            _ => false,
        }
    }

    /// Believes a BMC that proves that it knows the password, whatever else it says, and no other.
    fn named(&mut self, datagram: &[u8]) -> bool {
        let suite = self.exchange.suite;
        let found =
            unwrap_bare(Payload::Rakp2, datagram).and_then(|body| Rakp2::read(body, TAG, CONSOLE_ID, suite));
        let length = if suite == Suite::Three { 20 } else { 32 };
        let expected = body(0x13, datagram).and_then(|body| match head(body)? {
            0 => Some(Rakp2::Proof {
                managed_random: chunk(body, 8)?,
                guid: chunk(body, 24)?,
                code: body.get(40..40 + length)?.to_vec(),
            }),
            status => Some(Rakp2::Refused(status)),
        });
        assert_eq!(found, expected, "{datagram:02x?}");
        let Some(Rakp2::Proof { managed_random, guid, code }) = found else { return false };
        let said = Exchange { managed_random, guid, ..self.exchange.clone() };
        let accepted = said.accepts_rakp2(self.password, &code);
        assert_eq!(accepted, self.bmc.rakp2_code(&managed_random, &guid) == code, "{datagram:02x?}");
        if accepted {
            // Whoever wrote this code knows the password: it is the BMC.
            (self.bmc.managed_random, self.bmc.guid) = (managed_random, guid);
            self.exchange = said;
        }
        accepted
    }

    fn proved(&self, datagram: &[u8]) -> bool {
        let suite = self.exchange.suite;
        let found =
            unwrap_bare(Payload::Rakp4, datagram).and_then(|body| Rakp4::read(body, TAG, CONSOLE_ID, suite));
        let length = self.bmc.hash.code_bytes();
        let expected = body(0x15, datagram).and_then(|body| match head(body)? {
            0 => Some(Rakp4::Proof { code: body.get(8..8 + length)?.to_vec() }),
            status => Some(Rakp4::Refused(status)),
        });
        assert_eq!(found, expected, "{datagram:02x?}");
        let Some(Rakp4::Proof { code }) = found else { return false };
        let accepted = self.exchange.accepts_rakp4(&self.sik(), &code);
        assert_eq!(accepted, self.bmc.rakp4_code() == code, "{datagram:02x?}");
        accepted
    }

    fn sik(&self) -> zeroize::Zeroizing<Vec<u8>> {
        self.exchange.sik(self.bmc.kg.as_deref().unwrap_or(self.password))
    }

    /// Says something in the session that was opened, and hears something.
    fn talk(self) {
        if self.stage != Stage::Through {
            return;
        }
        let keys = self.exchange.keys(&self.sik());
        let mut here = Sealed::new(CONSOLE_ID, self.exchange.managed_id, keys);
        let there = self.bmc.session();
        let ask = crate::wire::Request { netfn: 6, command: 1, number: 1, data: &[] };
        let message = Some((1, ask.bytes().to_vec()));
        assert_eq!(there.open_strictly(&here.seal(&ask, &[7; 16])), message);
        assert_eq!(
            here.open(there.seal(1, b"an answer")).as_deref().map(Vec::as_slice),
            Some(&b"an answer"[..])
        );
    }
}

/// Unwraps an answer of this kind, if it belongs to no session.
fn body(kind: u8, datagram: &[u8]) -> Option<&[u8]> {
    let (header, rest) = datagram.split_at_checked(ENVELOPE_BYTES)?;
    let length = usize::from(u16::from_le_bytes([header[14], header[15]]));
    let mine = header[..14] == [6, 0, 0xFF, 7, 6, kind, 0, 0, 0, 0, 0, 0, 0, 0];
    rest.get(..length).filter(|_| mine)
}

/// Reads the status of an answer that is to this message: zero only with the console's id, others also with none.
fn head(body: &[u8]) -> Option<u8> {
    let (tag, status) = (*body.first()?, *body.get(1)?);
    let id = body.get(4..8).map(|id| u32::from_le_bytes([id[0], id[1], id[2], id[3]]));
    let mine = id == Some(CONSOLE_ID) || (status != 0 && id.unwrap_or(0) == 0);
    (tag == TAG && mine).then_some(status)
}

fn chunk(body: &[u8], at: usize) -> Option<[u8; 16]> {
    body.get(at..)?.first_chunk().copied()
}
