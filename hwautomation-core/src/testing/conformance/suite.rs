//! Makes of one list of names: the functions, the list itself, and the macro that makes each a test.

/// Declares a suite: `CLAUSES`, `check(name, fixture)` and the exported macro. The first token is a dollar sign,
/// which the exported macro needs and a macro's body cannot write. The clauses are functions of the module, or,
/// with `room { .. }`, of modules below it. A suite that begins with `paused` runs under paused time.
macro_rules! suite {
    (@declare $runtime:tt $dollar:tt $(#[$doc:meta])* $macro_name:ident, $module:ident, $fixture:ident;
     $($clause:ident)*) => {
        /// Names every clause, in the order of the contract.
        pub const CLAUSES: &[&str] = &[$(stringify!($clause)),*];

        /// Checks the clause of this name.
        ///
        /// # Errors
        ///
        /// Says which expectation broke, or that there is no such clause.
        pub async fn check(clause: &str, fixture: &dyn $fixture) -> Result<(), String> {
            match clause {
                $(stringify!($clause) => $clause(fixture).await,)*
                _ => Err(format!("there is no clause {clause}")),
            }
        }

        $(#[$doc])*
        #[macro_export]
        macro_rules! $macro_name {
            ($dollar fixture:expr) => {
                $(
                    #[tokio::test $runtime]
                    async fn $clause() {
                        let fixture = $dollar fixture;
                        let checked = $dollar crate::testing::conformance::$module::$clause(&fixture).await;
                        if let Err(broken) = checked {
                            panic!("{broken}");
                        }
                    }
                )*
            };
        }
    };
    (paused $dollar:tt $(#[$doc:meta])* $macro_name:ident, $module:ident, $fixture:ident; $($clause:ident)*) => {
        $crate::testing::conformance::suite::suite! {
            @declare (start_paused = true) $dollar $(#[$doc])* $macro_name, $module, $fixture; $($clause)*
        }
    };
    ($dollar:tt $(#[$doc:meta])* $macro_name:ident, $module:ident, $fixture:ident; $($clause:ident)*) => {
        $crate::testing::conformance::suite::suite! {
            @declare (flavor = "multi_thread") $dollar $(#[$doc])* $macro_name, $module, $fixture; $($clause)*
        }
    };
    ($dollar:tt $(#[$doc:meta])* $macro_name:ident, $module:ident, $fixture:ident;
     $($room:ident { $($clause:ident)* })*) => {
        $(mod $room;)*
        $($(pub use $room::$clause;)*)*
        $crate::testing::conformance::suite::suite! {
            @declare (flavor = "multi_thread") $dollar $(#[$doc])* $macro_name, $module, $fixture; $($($clause)*)*
        }
    };
}

pub(super) use suite;
