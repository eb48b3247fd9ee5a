//! A simulated rack for tests and first steps: machines behind a BMC, the MAAS API and SSH, on real sockets.

#![allow(dead_code)]
mod bmc;
