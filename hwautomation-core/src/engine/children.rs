//! Workflows that a step of another one starts.

use super::shared::Shared;
use crate::actor::Actor;
use crate::error::{Error, ErrorKind, Result, storable};
use crate::id::{MachineId, WorkflowId};
use crate::record::{RunState, WorkflowState, WorkflowSummary};
use crate::store::{Command, NewItem, WorkflowFilter};
use crate::workflow::Submission;
use crate::workflow::port::ChildCommand;

/// How many generations may stand below a workflow that nobody started: sites, racks, machines, and one more.
const GENERATIONS_MAX: usize = 4;

/// What must be known of a workflow that starts another.
#[derive(Debug)]
pub(super) struct Parent {
    id: WorkflowId,
    parent: Option<WorkflowId>,
    machine: Option<MachineId>,
    submitted_by: Actor,
}

impl Parent {
    pub(super) fn of(state: &WorkflowState) -> Self {
        Self {
            id: state.id,
            parent: state.spec.parent,
            machine: state.spec.machine.clone(),
            submitted_by: state.submitted_by.clone(),
        }
    }
}

impl Shared {
    /// Starts a child under an id that follows from its key. If it is there already, it was this very one.
    pub(super) async fn start_child(
        &self,
        parent: &Parent,
        id: WorkflowId,
        mut submission: Submission,
    ) -> Result<()> {
        let kind = submission.workflow.clone();
        if let Some(row) = self.store.summary(id).await? {
            return check_ours(&row, parent.id, &kind);
        }
        self.check_generation(parent).await?;
        self.check_machine(parent, &submission).await?;
        submission.parent = Some(parent.id);
        match self.begin(id, submission, &parent.submitted_by).await {
            // It may be that it was begun meanwhile, and not that its machine is held.
            Err(refused) if refused.kind() == ErrorKind::Conflict => match self.store.summary(id).await? {
                Some(row) => check_ours(&row, parent.id, &kind),
                None => Err(refused),
            },
            begun => begun,
        }
    }

    async fn check_generation(&self, parent: &Parent) -> Result<()> {
        let (mut generation, mut above) = (1, parent.parent);
        while let Some(id) = above {
            generation += 1;
            if generation > GENERATIONS_MAX {
                let what = format!(
                    "workflow {} may start no child: it is of generation {GENERATIONS_MAX}",
                    parent.id
                );
                return Err(
                    Error::new(ErrorKind::Refused, what).with_remedy("start it from a workflow further up")
                );
            }
            above = self.store.summary(id).await?.and_then(|row| row.parent);
        }
        Ok(())
    }

    /// A child that waits for its parent's machine would wait for ever.
    async fn check_machine(&self, parent: &Parent, submission: &Submission) -> Result<()> {
        let (Some(held), Some(name)) = (&parent.machine, &submission.machine) else { return Ok(()) };
        if self.machine(name).await?.id != *held {
            return Ok(());
        }
        let what = format!("workflow {} holds machine {held} itself", parent.id);
        Err(Error::invalid(what)
            .with_remedy("start children on this machine from a workflow without a machine"))
    }

    pub(super) async fn check_child(&self, submission: &Submission) -> Result<Option<MachineId>> {
        Ok(self.accept(submission).await?.1.map(|machine| machine.id))
    }

    pub(super) async fn child(&self, parent: WorkflowId, id: WorkflowId) -> Result<Option<WorkflowSummary>> {
        Ok(self.store.summary(id).await?.filter(|row| row.parent == Some(parent)))
    }

    pub(super) async fn children(
        &self,
        parent: WorkflowId,
        states: &[RunState],
        before: Option<WorkflowId>,
        limit: usize,
    ) -> Result<Vec<WorkflowSummary>> {
        let filter =
            WorkflowFilter { states: states.to_vec(), parent: Some(parent), ..WorkflowFilter::default() };
        self.store.list(&filter, before, limit).await
    }

    pub(super) async fn command_child(
        &self,
        parent: WorkflowId,
        id: WorkflowId,
        command: ChildCommand,
        why: String,
    ) -> Result<()> {
        let row = self.child(parent, id).await?.ok_or_else(|| {
            Error::not_found(format!("workflow {parent} has no child {id}"))
                .with_remedy("use an id as `start_child` or `children` returned it")
        })?;
        let why = storable(&why);
        let (key, command) = match command {
            ChildCommand::Cancel if row.state.is_terminal() => return Ok(()),
            ChildCommand::Cancel => ("cancel".to_owned(), Command::Cancel { why }),
            ChildCommand::Retry => {
                let halt = self.load(id).await?.halt.ok_or_else(|| not_halted(&row))?.seq;
                (format!("retry at {halt}"), Command::Retry { why, halt })
            }
        };
        let actor = Actor::service(format!("workflow {parent}"));
        let item = NewItem { workflow: id, key, at: self.clock.now(), actor, command };
        match self.store.post(item).await {
            // It ended meanwhile.
            Err(error) if error.kind() == ErrorKind::Conflict => Ok(()),
            posted => posted.map(|_| ()),
        }
    }

    /// Lets the parent of a workflow look again. What it loses, the parent's next look finds.
    pub(super) async fn tell_parent(&self, state: &WorkflowState) {
        let Some(parent) = state.spec.parent else { return };
        if let Err(error) = self.store.wake(parent).await {
            tracing::warn!(workflow = %state.id, %parent, %error, "the parent was not told");
        }
    }
}

fn check_ours(row: &WorkflowSummary, parent: WorkflowId, kind: &str) -> Result<()> {
    if row.parent == Some(parent) && row.name.as_str() == kind {
        return Ok(());
    }
    let what =
        format!("the key of the child was used before: workflow {} is another one, {}", row.id, row.name);
    Err(Error::new(ErrorKind::Conflict, what).with_remedy("give each child of a step a key of its own"))
}

fn not_halted(row: &WorkflowSummary) -> Error {
    Error::new(ErrorKind::Conflict, format!("workflow {} is not halted, but {}", row.id, row.state))
        .with_remedy("only halted runs are tried again; start another child for one that has ended")
}
