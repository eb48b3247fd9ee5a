//! The hwautomation adapter for MAAS: commissioning, addresses, hardware, tags and rescue mode.
