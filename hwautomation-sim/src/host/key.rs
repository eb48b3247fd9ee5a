//! Host keys that need not be stored: derived from what the rack, the machine and the boot are.

use russh::keys::PrivateKey;
use russh::keys::ssh_key::private::Ed25519Keypair;
use sha2::{Digest as _, Sha256};

/// Derives the host key of one boot. `change` counts the keys that a fault made the host change to inside this boot.
pub(crate) fn host_key(rack: &[u8], machine: &str, boot: u64, change: u64) -> PrivateKey {
    let mut digest = Sha256::new();
    digest.update(b"hwautomation-sim host key\0");
    for part in [rack, machine.as_bytes(), &boot.to_be_bytes(), &change.to_be_bytes()] {
        digest.update((part.len() as u64).to_be_bytes());
        digest.update(part);
    }
    PrivateKey::from(Ed25519Keypair::from_seed(&digest.finalize().into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_stays_in_a_boot_and_is_new_in_the_next() {
        let key = |machine, boot, change| {
            host_key(b"seed", machine, boot, change).public_key().to_openssh().unwrap()
        };
        assert_eq!(key("srv001", 1, 0), key("srv001", 1, 0));
        assert_ne!(key("srv001", 1, 0), key("srv001", 2, 0));
        assert_ne!(key("srv001", 1, 0), key("srv001", 1, 1));
        assert_ne!(key("srv001", 1, 0), key("srv002", 1, 0));
    }
}
