//! Every clause of the driver contracts can fail: each has a double with the defect that it forbids.
//!
//! A double is the fake rack behind a thin wrapper that spoils one thing. Each test also says what the clause
//! must complain about, so that no clause fails for another reason.

#[path = "../rack_fixture/mod.rs"]
mod rack_fixture;

mod bios;
mod bmc;
mod boot;
mod commissioner;
mod credential;
mod fleet;
mod health;
mod power;
mod shell;
mod spoil;

/// Makes a test of each clause, which each of its broken fixtures must fail with what stands beside it.
macro_rules! broken {
    ($suite:ident: $($clause:ident: $($fixture:expr => $says:literal),+;)*) => {
        $(
            // Where a clause waits in vain, nobody else does.
            #[tokio::test(start_paused = true)]
            async fn $clause() {
                $(
                    let verdict = hwautomation_core::testing::conformance::$suite::$clause(&$fixture).await;
                    let why = verdict.expect_err("the clause let a broken double pass");
                    assert!(why.contains($says), "{why}");
                )+
            }
        )*

        #[test]
        fn every_clause_has_a_broken_double() {
            let doubles: &[&str] = &[$(stringify!($clause)),*];
            assert_eq!(doubles, hwautomation_core::testing::conformance::$suite::CLAUSES);
        }
    };
}
use broken;
