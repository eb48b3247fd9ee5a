//! Host keys that need not be stored: the seed is derived from what the rack, the machine and the boot are.

use russh::keys::PrivateKey;
use russh::keys::ssh_key::private::Ed25519Keypair;

/// Makes the host key of a seed.
pub(crate) fn host_key(seed: &[u8; 32]) -> PrivateKey {
    PrivateKey::from(Ed25519Keypair::from_seed(seed))
}
