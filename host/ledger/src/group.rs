//! Many writers, one commit.
//!
//! A commit waits for the disk, and the disk takes as long for one record as for two hundred. So
//! whoever gets to write takes along everything that waits.
//!
//! There is no task in the background. One of those who wait drives the batch on behalf of all.
//! If its future is dropped the next one goes on with the same batch where it was; only when
//! nobody is left is the batch dropped, and with it a transaction that was not committed. So
//! nothing is ever run twice, and nobody is left waiting.
//!
//! A future of [`Group::submit`] that is neither polled nor dropped holds up the others, like
//! one that holds a mutex.

use std::collections::VecDeque;
use std::fmt;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use tokio::sync::oneshot;

/// So many are taken along at most: a transaction that grew without end would be waited for
/// without end.
pub(crate) const MOST: usize = 256;

/// What waits to be written. It has the other end of its caller's channel.
pub(crate) trait Waiting: Send + 'static {
    /// Whether its caller is still there.
    fn is_wanted(&self) -> bool;
}

/// What waits to be written, in the order in which it came.
pub(crate) struct Queue<O>(Mutex<VecDeque<O>>);

impl<O: Waiting> Queue<O> {
    /// Everything that waits and is still wanted is added to `taken`, up to [`MOST`].
    pub(crate) fn take(&self, taken: &mut Vec<O>) {
        let mut waiting = self.lock();
        while taken.len() < MOST {
            match waiting.pop_front() {
                Some(next) if next.is_wanted() => taken.push(next),
                Some(_) => {}
                None => break,
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<O>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One batch: takes from the queue, writes, commits, and answers.
pub(crate) type Batch = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Those who wait, and the batch under way.
pub(crate) struct Group<O> {
    queue: Arc<Queue<O>>,
    batch: tokio::sync::Mutex<Option<Batch>>,
    present: AtomicUsize,
}

impl<O: Waiting> Group<O> {
    pub(crate) fn new() -> Self {
        Self {
            queue: Arc::new(Queue(Mutex::new(VecDeque::new()))),
            batch: tokio::sync::Mutex::new(None),
            present: AtomicUsize::new(0),
        }
    }

    /// Have an operation written, together with what else waits. `run` makes a batch; it must
    /// take from the queue, and answer or drop all that it took. `None` if the operation was
    /// dropped without an answer: the batch panicked.
    pub(crate) async fn submit<T>(
        &self,
        operation: O,
        answer: oneshot::Receiver<T>,
        run: impl Fn(Arc<Queue<O>>) -> Batch,
    ) -> Option<T> {
        // Leaves after everything below is dropped: the last to leave finds nothing in use.
        let _present = Present::enter(self);
        let mut answer = answer;
        self.queue.lock().push_back(operation);
        // Either answered by whoever drives the batch, or the one to drive it.
        let mut batch = tokio::select! {
            biased;
            answered = &mut answer => return answered.ok(),
            batch = self.batch.lock() => batch,
        };
        loop {
            match answer.try_recv() {
                Ok(answered) => return Some(answered),
                Err(oneshot::error::TryRecvError::Closed) => return None,
                Err(oneshot::error::TryRecvError::Empty) => {}
            }
            // Not answered: it is in the batch under way, or in the queue.
            batch.get_or_insert_with(|| run(self.queue.clone()));
            Drive(&mut batch).await;
        }
    }
}

impl<O> fmt::Debug for Group<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Group").finish_non_exhaustive()
    }
}

/// Bring a batch to its end. Dropped before, it leaves the batch where it was.
struct Drive<'a>(&'a mut Option<Batch>);

impl Future for Drive<'_> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        // Out of its place while it is polled: one that panics is not polled again.
        let Some(mut batch) = self.0.take() else {
            return Poll::Ready(());
        };
        let polled = batch.as_mut().poll(context);
        if polled.is_pending() {
            *self.0 = Some(batch);
        }
        polled
    }
}

/// Counts those who wait. The last one takes an unfinished batch away: a transaction that nobody
/// goes on with would keep every other process from writing.
struct Present<'a, O: Waiting>(&'a Group<O>);

impl<'a, O: Waiting> Present<'a, O> {
    fn enter(group: &'a Group<O>) -> Self {
        group.present.fetch_add(1, Ordering::SeqCst);
        Self(group)
    }
}

impl<O: Waiting> Drop for Present<'_, O> {
    fn drop(&mut self) {
        if self.0.present.fetch_sub(1, Ordering::SeqCst) == 1 {
            // Held by somebody who came since: then that one is the last.
            if let Ok(mut batch) = self.0.batch.try_lock() {
                *batch = None;
            }
            self.0.queue.lock().retain(Waiting::is_wanted);
        }
    }
}

#[cfg(test)]
mod tests;
