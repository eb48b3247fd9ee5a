//! Which kinds of workflow somebody can run.

use crate::id::WorkflowName;
use std::collections::BTreeSet;

/// Chooses workflows by name: several programs with different workflows may work on one store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kinds(Chosen);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Chosen {
    Any,
    Of(BTreeSet<WorkflowName>),
    Except(BTreeSet<WorkflowName>),
}

impl Kinds {
    /// Chooses every workflow.
    #[must_use]
    pub fn any() -> Self {
        Self(Chosen::Any)
    }

    /// Chooses the workflows of these names.
    pub fn of(names: impl IntoIterator<Item = WorkflowName>) -> Self {
        Self(Chosen::Of(names.into_iter().collect()))
    }

    /// Chooses all that this does not choose.
    #[must_use]
    pub fn others(&self) -> Self {
        Self(match &self.0 {
            Chosen::Any => Chosen::Of(BTreeSet::new()),
            Chosen::Of(names) => Chosen::Except(names.clone()),
            Chosen::Except(names) => Chosen::Of(names.clone()),
        })
    }

    /// Tells whether a workflow of this name is chosen.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        let among = |names: &BTreeSet<WorkflowName>| names.iter().any(|known| known.as_str() == name);
        match &self.0 {
            Chosen::Any => true,
            Chosen::Of(names) => among(names),
            Chosen::Except(names) => !among(names),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_name_is_chosen_by_one_of_a_kind_and_the_others() {
        for kinds in [Kinds::any(), Kinds::of([]), Kinds::of([WorkflowName::from_static("mine")])] {
            for name in ["mine", "theirs"] {
                assert_ne!(kinds.has(name), kinds.others().has(name), "{kinds:?}");
            }
            assert!(kinds.others().others().has("mine") == kinds.has("mine"));
        }
    }
}
