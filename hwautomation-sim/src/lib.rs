//! A simulated rack for tests and first steps: machines behind a BMC, the MAAS API and SSH, on real sockets.

#[cfg_attr(not(test), expect(dead_code, unused_imports, reason = "the rack will open the doors"))]
mod host;
