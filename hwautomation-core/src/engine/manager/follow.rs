//! Following events as they are stored.

use super::WorkflowManager;
use super::read::LOOK;
use crate::error::Result;
use crate::id::WorkflowId;
use crate::record::{Event, EventKind, Position, Seq};
use crate::store::{EventListener, HistoryStore, Only};
use futures_core::Stream;
use std::collections::VecDeque;
use std::sync::Arc;

/// How many events a subscription holds at most.
const PAGE: usize = 256;

impl WorkflowManager {
    /// Follows the events of one run, from this number on, up to its end. Each once, in order; an item is only an
    /// error when the store failed, and the stream ends there.
    pub fn subscribe(&self, id: WorkflowId, from: Seq) -> impl Stream<Item = Result<Event>> + Send + use<> {
        self.follow(Scope::One(id), from)
    }

    /// Follows the events of all runs after this position, for ever.
    pub fn subscribe_all(&self, after: Position) -> impl Stream<Item = Result<Event>> + Send + use<> {
        self.follow(Scope::All, after)
    }

    fn follow(&self, scope: Scope, next: u64) -> impl Stream<Item = Result<Event>> + Send + use<> {
        let store = Arc::clone(&self.shared.store);
        let hints = store.hints().listen_for_events();
        let reader = Reader { store, scope, next, page: VecDeque::new(), hints, over: false };
        futures_util::stream::unfold(reader, |mut reader| async move {
            let item = reader.item().await?;
            Some((item, reader))
        })
    }
}

/// Says whose events are read.
enum Scope {
    One(WorkflowId),
    All,
}

/// Reads page after page; when there is none, waits for the store's hint. The store is the truth, so a slow reader
/// loses nothing and holds one page.
struct Reader {
    store: Arc<dyn HistoryStore>,
    scope: Scope,
    /// The number of the next event of one run, or the position after which all are read.
    next: u64,
    page: VecDeque<Event>,
    hints: EventListener,
    over: bool,
}

impl Reader {
    async fn item(&mut self) -> Option<Result<Event>> {
        while !self.over {
            if let Some(event) = self.page.pop_front() {
                return Some(Ok(self.pass(event)));
            }
            match self.read().await {
                Ok(page) if page.is_empty() && self.is_past_the_end().await => self.over = true,
                Ok(page) if page.is_empty() => {
                    let _look_again = tokio::time::timeout(LOOK, self.hints.changed()).await;
                }
                Ok(page) => self.page = page.into(),
                Err(error) => {
                    self.over = true;
                    return Some(Err(error));
                }
            }
        }
        None
    }

    async fn read(&self) -> Result<Vec<Event>> {
        match self.scope {
            Scope::One(id) => self.store.events(id, self.next, PAGE).await,
            Scope::All => self.store.follow(self.next, PAGE, Only::Everything).await,
        }
    }

    /// Nothing more comes of a run that ended before this number, or that there is not.
    async fn is_past_the_end(&self) -> bool {
        match self.scope {
            Scope::One(id) => match self.store.summary(id).await {
                Ok(Some(row)) => row.state.is_terminal() && row.events <= self.next,
                Ok(None) => true,
                Err(_) => false,
            },
            Scope::All => false,
        }
    }

    fn pass(&mut self, event: Event) -> Event {
        match self.scope {
            Scope::One(_) => {
                self.next = event.seq + 1;
                self.over = matches!(event.kind, EventKind::WorkflowEnded { .. });
            }
            Scope::All => self.next = event.position,
        }
        event
    }
}
