//! Which sequence numbers are taken.

use super::super::window::Window;
use crate::fuzzing::Seen;
use proptest::collection::vec;
use proptest::prelude::*;

/// How the next number stands to the newest one: a little before or behind it, far away, or at an end.
fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => (-20..=20i64).prop_map(Step::By),
        2 => (-70..=70i64).prop_map(Step::By),
        1 => any::<u32>().prop_map(Step::To),
        1 => (0..40u32).prop_map(|back| Step::To(u32::MAX - back)),
        1 => (0..40u32).prop_map(Step::To),
    ]
}

#[derive(Debug, Clone, Copy)]
enum Step {
    By(i64),
    To(u32),
}

proptest! {
    #[test]
    fn a_number_is_taken_when_one_who_remembers_all_would_take_it(steps in vec(step(), 1..200)) {
        let (mut window, mut seen) = (Window::default(), Seen::default());
        for step in steps {
            let number = match step {
                Step::By(distance) => {
                    u32::try_from((i64::from(seen.newest()) + distance).clamp(0, u32::MAX.into())).unwrap()
                }
                Step::To(number) => number,
            };
            let newest = seen.newest();
            prop_assert_eq!(window.take(number), seen.take(number), "{} after {}", number, newest);
        }
    }
}
