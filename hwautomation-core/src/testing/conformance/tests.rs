//! The macro behind the suites' macros.

/// Makes tests, or a list of names, of a suite's clauses. Use the suites' own macros instead.
#[doc(hidden)]
#[macro_export]
macro_rules! conformance_clauses {
    ([@names] $suite:ident: $($clause:ident)*) => { &[$(stringify!($clause)),*] };
    ([$fixture:expr] $suite:ident: $($clause:ident)*) => {
        $(
            #[tokio::test]
            async fn $clause() {
                let fixture = $fixture;
                if let Err(why) = $crate::testing::conformance::$suite::$clause(&fixture).await {
                    panic!("{why}");
                }
            }
        )*
    };
}
