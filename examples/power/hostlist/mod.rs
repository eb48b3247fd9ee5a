//! Lists of hosts as operators write them: `rack[1-4]-u[01-40]`, `10.0.[0-3].[1-250]`, `a,b,[::1]:9001`. Pure.
//!
//! A list is words between commas. A bracket in a word holds numbers and ranges of them, and stands for each; several
//! brackets stand for every combination, the last one counting fastest. Leading zeros stay, as `[08-10]` is `08`, `09`,
//! `10`. A bracket with a colon in it is an IPv6 address and means itself.

mod fold;
mod parse;
mod span;

pub use fold::fold;
pub use parse::{HOSTS_MAX, expand};

#[cfg(test)]
mod tests;
