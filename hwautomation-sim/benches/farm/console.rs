//! A console: the packets of a log-in, a status and a farewell, each made of the answer before.

use crate::suite::{Suite, decrypt, encrypt};

const CONSOLE_RANDOM: [u8; 16] = [5; 16];
/// Name-only look-up, administrator.
const ROLE: u8 = 0x14;
const NAME: &[u8] = b"ADMIN";
const PASSWORD: &[u8] = b"ADMIN";
/// How long everything in front of an RMCP+ payload is.
const FRONT: usize = 16;
/// Where an answer inside of a session has its completion code.
const COMPLETION: usize = 6;

/// One log-in at one BMC.
pub(crate) struct Console {
    suite: Suite,
    step: Step,
    managed: u32,
    integrity: Vec<u8>,
    cipher: [u8; 16],
    session_key: Vec<u8>,
    sequence: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    Capabilities,
    Open,
    Rakp1,
    Rakp3,
    Privilege,
    Status,
    Close,
    Closed,
}

impl Console {
    pub(crate) fn new(suite: Suite) -> Self {
        let none = Vec::new;
        let (managed, sequence, cipher) = (0, 0, [0; 16]);
        let step = Step::Capabilities;
        Self { suite, step, managed, integrity: none(), cipher, session_key: none(), sequence }
    }

    pub(crate) fn step(&self) -> Step {
        self.step
    }

    /// Begins: asks what the BMC can do.
    pub(crate) fn begin(&self) -> Vec<u8> {
        let message = message(0x06, 0x38, &[0x8E, 4]);
        let mut packet = vec![6, 0, 0xFF, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, message.len() as u8];
        packet.extend(message);
        packet
    }

    /// Takes the answer to the last packet and returns the next one, until the session is closed.
    pub(crate) fn next(&mut self, answer: &[u8]) -> Option<Vec<u8>> {
        let (step, packet) = match self.step {
            Step::Capabilities => (Step::Open, plain(0x10, &self.open())),
            Step::Open => (Step::Rakp1, plain(0x12, &self.rakp1(payload(answer)))),
            Step::Rakp1 => (Step::Rakp3, plain(0x14, &self.rakp3(payload(answer)))),
            Step::Rakp3 => {
                assert_eq!(payload(answer)[1], 0, "the BMC says welcome");
                (Step::Privilege, self.sealed(0x06, 0x3B, &[4]))
            }
            Step::Privilege => {
                self.check(answer);
                (Step::Status, self.status())
            }
            Step::Status => {
                self.check(answer);
                (Step::Close, self.close())
            }
            Step::Close | Step::Closed => {
                self.check(answer);
                self.step = Step::Closed;
                return None;
            }
        };
        self.step = step;
        Some(packet)
    }

    /// Writes a question for the power.
    pub(crate) fn status(&mut self) -> Vec<u8> {
        self.sealed(0x00, 0x01, &[])
    }

    /// Writes a farewell.
    pub(crate) fn close(&mut self) -> Vec<u8> {
        let managed = self.managed.to_le_bytes();
        self.sealed(0x06, 0x3C, &managed)
    }

    /// Expects that the answer is "done", and returns what it says.
    pub(crate) fn check(&self, answer: &[u8]) -> Vec<u8> {
        let message = decrypt(&self.cipher, payload(answer));
        assert_eq!(message[COMPLETION], 0, "{:?} is done", self.step);
        message[COMPLETION + 1..message.len() - 1].to_vec()
    }

    fn open(&self) -> Vec<u8> {
        let mut payload = vec![1, 4, 0, 0, 0xA1, 0xA2, 0xA3, 0xA4];
        for (kind, algorithm) in (0..).zip(self.suite.algorithms()) {
            payload.extend([kind, 0, 0, 8, algorithm, 0, 0, 0]);
        }
        payload
    }

    fn rakp1(&mut self, opened: &[u8]) -> Vec<u8> {
        assert_eq!(opened[1], 0, "there is room for a session");
        self.managed = u32::from_le_bytes(*opened[8..].first_chunk().expect("a session"));
        let head = [&[2, 0, 0, 0], &opened[8..12], &CONSOLE_RANDOM].concat();
        [&head[..], &[ROLE, 0, 0, NAME.len() as u8], NAME].concat()
    }

    fn rakp3(&mut self, challenge: &[u8]) -> Vec<u8> {
        assert_eq!(challenge[1], 0, "the BMC knows the user");
        let (console, random) = (&challenge[4..8], &challenge[8..24]);
        let user = [&[ROLE, NAME.len() as u8], NAME].concat();
        let proof = self.suite.hmac(PASSWORD, &[random, console, &user].concat());
        self.session_key = self.suite.hmac(PASSWORD, &[&CONSOLE_RANDOM, random, &user].concat());
        self.integrity = self.suite.hmac(&self.session_key, &[1; 20]);
        self.cipher = *self.suite.hmac(&self.session_key, &[2; 20]).first_chunk().expect("a key");
        [&[3, 0, 0, 0], &self.managed.to_le_bytes()[..], &proof].concat()
    }

    /// Writes a command of the session.
    pub(crate) fn sealed(&mut self, net_fn: u8, command: u8, data: &[u8]) -> Vec<u8> {
        self.sequence += 1;
        let payload = encrypt(&self.cipher, &message(net_fn, command, data));
        let mut signed = header(0xC0, self.managed, self.sequence, &payload);
        let padding = (4 - (signed.len() + 2) % 4) % 4;
        signed.extend(std::iter::repeat_n(0xFF, padding));
        signed.extend([padding as u8, 7]);
        let mut code = self.suite.hmac(&self.integrity, &signed);
        code.truncate(self.suite.code_length());
        [&[6, 0, 0xFF, 7], &signed[..], &code].concat()
    }
}

fn payload(answer: &[u8]) -> &[u8] {
    let length = usize::from(u16::from_le_bytes([answer[14], answer[15]]));
    &answer[FRONT..FRONT + length]
}

fn plain(kind: u8, payload: &[u8]) -> Vec<u8> {
    [&[6, 0, 0xFF, 7], &header(kind, 0, 0, payload)[..]].concat()
}

fn header(kind: u8, session: u32, sequence: u32, payload: &[u8]) -> Vec<u8> {
    let (session, sequence) = (session.to_le_bytes(), sequence.to_le_bytes());
    let length = (payload.len() as u16).to_le_bytes();
    [&[6, kind], &session[..], &sequence, &length, payload].concat()
}

fn message(net_fn: u8, command: u8, data: &[u8]) -> Vec<u8> {
    let sum = |bytes: &[u8]| bytes.iter().fold(0_u8, |sum, byte| sum.wrapping_sub(*byte));
    let head = [0x20, net_fn << 2];
    let body = [&[0x81, 4, command], data].concat();
    [&head[..], &[sum(&head)], &body, &[sum(&body)]].concat()
}
