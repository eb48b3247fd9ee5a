//! Core's suites, as far as ipmi_sim can serve. It cannot interrupt a host, move to another address, restart
//! itself, or say that boot flags are valid.

macro_rules! clauses {
    ($suite:ident: $($clause:ident)*) => {
        mod $suite {
            use crate::support::fixture::Fixture;
            use hwautomation_core::testing::conformance::$suite as suite;

            $(
                #[tokio::test(flavor = "multi_thread")]
                async fn $clause() {
                    let Some(fixture) = Fixture::start().await else { return };
                    if let Err(broken) = suite::$clause(&fixture).await {
                        panic!("{broken}");
                    }
                }
            )*
        }
    };
}

clauses! { power:
    reads_the_true_state
    on_when_on_is_no_error
    off_when_off_is_no_error
    refuses_what_it_does_not_support
    silence_is_never_off
    an_unclear_answer_is_unknown
    a_wrong_password_is_unauthorized
    a_lost_answer_is_an_unknown_outcome
    a_dropped_call_leaves_the_plugin_usable
    errors_have_a_remedy_and_show_no_secret
}

clauses! { bmc:
    changing_to_what_is_succeeds
    users_read_back
    silence_is_an_error
    a_lost_answer_is_an_unknown_outcome
    a_wrong_password_is_unauthorized
    errors_have_a_remedy_and_show_no_secret
}
