//! A console for tests: speaks to a BMC without a socket.

use crate::bmc::controller::{Controller, Outgoing};
use crate::bmc::crypto::{Exchange, Keys, Suite};
use crate::bmc::fake::{FakeGround, machine};
use crate::bmc::wire::{Datagram, Payload, sign_and_wrap, wrap, wrap_lan15};
use crate::model::power::Power;
use std::net::SocketAddr;

pub(super) const USER: &str = "ADMIN";
pub(super) const PASSWORD: &str = "secret";
const CONSOLE: u32 = 0x1122_3344;
/// What a console says to itself when the BMC has another key; no status of a handshake.
pub(super) const OTHER_KEY: u8 = 0xFF;
/// Name-only lookup, administrator.
const ROLE: u8 = 0x14;

/// A BMC in its world.
pub(super) struct Lab {
    pub(super) bmc: Controller,
    pub(super) ground: FakeGround,
}

impl Lab {
    pub(super) fn new() -> Self {
        let mut next = 0_u8;
        let random = move |bytes: &mut [u8]| {
            bytes.iter_mut().for_each(|byte| {
                next = next.wrapping_mul(5).wrapping_add(7);
                *byte = next;
            });
        };
        let ground = FakeGround::new(machine(USER, PASSWORD));
        Self { bmc: Controller::new(random), ground }
    }

    pub(super) fn is_on(&self) -> bool {
        self.ground.machine.borrow().power() == Power::On
    }

    pub(super) fn send(&mut self, datagram: &[u8]) -> Option<Outgoing> {
        self.bmc.receive(datagram, SocketAddr::from(([127, 0, 0, 1], 9)), &self.ground)
    }

    /// Sends a message of the handshake and returns the payload of the answer.
    pub(super) fn shake(&mut self, kind: Payload, payload: &[u8]) -> Option<Vec<u8>> {
        let answer = self.send(&wrap(kind, payload))?.bytes;
        match Datagram::read(&answer) {
            Some(Datagram::Lan20(envelope)) => Some(envelope.payload.to_vec()),
            other => panic!("no payload of RMCP+: {other:?}"),
        }
    }

    /// Asks for a session and returns its number, or the status that refused it.
    pub(super) fn open(&mut self, [authentication, integrity, confidentiality]: [u8; 3]) -> Result<u32, u8> {
        let mut payload = vec![1, 0, 0, 0];
        payload.extend(CONSOLE.to_le_bytes());
        for (kind, algorithm) in [(0, authentication), (1, integrity), (2, confidentiality)] {
            payload.extend([kind, 0, 0, 8, algorithm, 0, 0, 0]);
        }
        let answer = self.shake(Payload::OpenRequest, &payload).expect("an answer");
        if answer[1] == 0 {
            Ok(u32::from_le_bytes(answer[8..12].try_into().unwrap()))
        } else {
            Err(answer[1])
        }
    }

    /// Says who the user is and returns what RAKP 2 brings, or the status that refused it.
    pub(super) fn rakp1(&mut self, suite: Suite, managed: u32, user: &str, role: u8) -> Result<Exchange, u8> {
        let mut payload = vec![2, 0, 0, 0];
        payload.extend(managed.to_le_bytes());
        payload.extend([5; 16]);
        payload.extend([role, 0, 0, user.len() as u8]);
        payload.extend(user.as_bytes());
        let answer = self.shake(Payload::Rakp1, &payload).expect("an answer");
        if answer[1] != 0 {
            return Err(answer[1]);
        }
        Ok(Exchange {
            suite,
            console: CONSOLE,
            managed,
            console_random: [5; 16],
            managed_random: answer[8..24].try_into().unwrap(),
            guid: answer[24..40].try_into().unwrap(),
            role,
            username: user.into(),
        })
    }

    /// Proves to know a password, or not.
    pub(super) fn rakp3(&mut self, exchange: &Exchange, password: &str) -> Option<Result<Vec<u8>, u8>> {
        let mut payload = vec![3, 0, 0, 0];
        payload.extend(exchange.managed.to_le_bytes());
        payload.extend(exchange.console_proof(password.as_bytes()));
        let answer = self.shake(Payload::Rakp3, &payload)?;
        Some(if answer[1] == 0 { Ok(answer[8..].to_vec()) } else { Err(answer[1]) })
    }

    pub(super) fn log_in_with(&mut self, suite: Suite, user: &str, password: &str) -> Result<Console, u8> {
        self.log_in_as(suite, ROLE, user, password, password)
    }

    /// Logs in with a role, and with a key of the BMC in the place of the password.
    pub(super) fn log_in_as(
        &mut self,
        suite: Suite,
        role: u8,
        user: &str,
        password: &str,
        key: &str,
    ) -> Result<Console, u8> {
        let managed = self.open(suite.algorithms())?;
        let exchange = self.rakp1(suite, managed, user, role)?;
        let proof = self.rakp3(&exchange, password).expect("an answer")?;
        let key = exchange.session_key(key.as_bytes());
        if proof != exchange.key_proof(&key) {
            return Err(OTHER_KEY);
        }
        Ok(Console { suite, managed, keys: Keys::derive(suite, &key), sequence: 0 })
    }

    /// Logs in and takes the privilege of an administrator.
    pub(super) fn log_in(&mut self) -> Console {
        let mut console = self.log_in_with(Suite::Seventeen, USER, PASSWORD).expect("a session");
        assert_eq!(console.call(self, 0x06, 0x3B, &[4]), Ok(vec![4]));
        console
    }

    /// Gives a command outside of any session.
    pub(super) fn call(&mut self, net_fn: u8, command: u8, data: &[u8]) -> Result<Vec<u8>, u8> {
        let answer = self.send(&wrap_lan15(&message(net_fn, command, data))).expect("an answer").bytes;
        match Datagram::read(&answer) {
            Some(Datagram::Lan15(message)) => read(message),
            other => panic!("no message of IPMI 1.5: {other:?}"),
        }
    }
}

/// A session, seen from the console.
#[derive(Debug)]
pub(super) struct Console {
    suite: Suite,
    pub(super) managed: u32,
    keys: Keys,
    pub(super) sequence: u32,
}

impl Console {
    /// Writes the next packet.
    pub(super) fn packet(&mut self, net_fn: u8, command: u8, data: &[u8]) -> Vec<u8> {
        self.sequence += 1;
        let payload = self.keys.cipher.encrypt([3; 16], &message(net_fn, command, data));
        sign_and_wrap(Payload::Message, self.managed, self.sequence, &payload, |signed| {
            self.keys.sign(signed)
        })
    }

    /// Writes the next packet of characters.
    pub(super) fn characters(&mut self, packet: &[u8]) -> Vec<u8> {
        self.sequence += 1;
        let payload = self.keys.cipher.encrypt([3; 16], packet);
        sign_and_wrap(Payload::Sol, self.managed, self.sequence, &payload, |signed| self.keys.sign(signed))
    }

    /// Reads a packet of characters.
    pub(super) fn read_characters(&self, datagram: &[u8]) -> Vec<u8> {
        let Some(Datagram::Lan20(envelope)) = Datagram::read(datagram) else { panic!("no RMCP+") };
        assert_eq!(envelope.kind, Payload::Sol);
        self.keys.cipher.decrypt(envelope.payload).expect("an encrypted packet")
    }

    /// Reads an answer: its data, or its completion code.
    pub(super) fn read(&self, datagram: &[u8]) -> Result<Vec<u8>, u8> {
        let Some(Datagram::Lan20(envelope)) = Datagram::read(datagram) else { panic!("no RMCP+") };
        let (signed, code) = envelope.signature(self.suite.code_length()).expect("a signature");
        assert!(envelope.session == CONSOLE && self.keys.signed_by_us(signed, code));
        read(&self.keys.cipher.decrypt(envelope.payload).expect("an encrypted message"))
    }

    /// Returns the sum of a message's bytes, which its checksums make zero.
    pub(super) fn sum(&self, datagram: &[u8]) -> u8 {
        let Some(Datagram::Lan20(envelope)) = Datagram::read(datagram) else { panic!("no RMCP+") };
        let message = self.keys.cipher.decrypt(envelope.payload).expect("an encrypted message");
        message.iter().fold(0, |sum, byte| sum.wrapping_add(*byte))
    }

    /// Gives a command and expects an answer.
    pub(super) fn call(
        &mut self,
        lab: &mut Lab,
        net_fn: u8,
        command: u8,
        data: &[u8],
    ) -> Result<Vec<u8>, u8> {
        self.try_call(lab, net_fn, command, data).expect("an answer")
    }

    /// Gives a command; there may be no answer.
    pub(super) fn try_call(
        &mut self,
        lab: &mut Lab,
        net_fn: u8,
        command: u8,
        data: &[u8],
    ) -> Option<Result<Vec<u8>, u8>> {
        let packet = self.packet(net_fn, command, data);
        lab.send(&packet).map(|answer| self.read(&answer.bytes))
    }
}

fn message(net_fn: u8, command: u8, data: &[u8]) -> Vec<u8> {
    let sum = |bytes: &[u8]| bytes.iter().fold(0_u8, |sum, byte| sum.wrapping_sub(*byte));
    let head = [0x20, net_fn << 2];
    let body = [&[0x81, 4, command], data].concat();
    [&head[..], &[sum(&head)], &body, &[sum(&body)]].concat()
}

fn read(message: &[u8]) -> Result<Vec<u8>, u8> {
    let (head, data) = message.split_at(7);
    assert_eq!(message.iter().take(3).fold(0_u8, |sum, byte| sum.wrapping_add(*byte)), 0);
    assert_eq!(message.iter().fold(0_u8, |sum, byte| sum.wrapping_add(*byte)), 0);
    if head[6] == 0 { Ok(data[..data.len() - 1].to_vec()) } else { Err(head[6]) }
}
