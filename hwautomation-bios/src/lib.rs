//! The hwautomation adapter for BIOS settings by the vendors' tools, run on the host over SSH.
