use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use futures::FutureExt as _;
use futures::future::BoxFuture;
use tokio::sync::{Semaphore, oneshot};

use super::{Batch, Group, MOST, Queue, Waiting};

/// Answers with the number of the batch that it was in.
struct Asked(oneshot::Sender<usize>);

impl Waiting for Asked {
    fn is_wanted(&self) -> bool {
        !self.0.is_closed()
    }
}

/// Batches that take what waits and then need a permit to end.
struct Store {
    group: Group<Asked>,
    permits: Arc<Semaphore>,
    begun: Arc<AtomicUsize>,
    ended: Arc<AtomicUsize>,
}

impl Store {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            group: Group::new(),
            permits: Arc::new(Semaphore::new(0)),
            begun: Arc::default(),
            ended: Arc::default(),
        })
    }

    fn ask(self: &Arc<Self>) -> BoxFuture<'static, Option<usize>> {
        let store = self.clone();
        Box::pin(async move {
            let (caller, answer) = oneshot::channel();
            let run = |queue| store.batch(queue);
            store.group.submit(Asked(caller), answer, run).await
        })
    }

    fn batch(&self, queue: Arc<Queue<Asked>>) -> Batch {
        let (permits, begun, ended) =
            (self.permits.clone(), self.begun.clone(), self.ended.clone());
        Box::pin(async move {
            let number = begun.fetch_add(1, SeqCst);
            let mut taken = Vec::new();
            queue.take(&mut taken);
            permits.acquire().await.unwrap().forget();
            ended.fetch_add(1, SeqCst);
            for asked in taken {
                let _ = asked.0.send(number);
            }
        })
    }
}

/// Polled once, and not done.
macro_rules! waits {
    ($($future:expr),+) => { $(assert_eq!((&mut $future).now_or_never(), None);)+ };
}

#[tokio::test]
async fn what_comes_during_a_batch_is_one_batch() {
    let store = Store::new();
    let mut first = store.ask();
    waits!(first);
    let mut others: Vec<_> = (0..MOST + 1).map(|_| store.ask()).collect();
    for other in &mut others {
        waits!(*other);
    }
    store.permits.add_permits(3);
    assert_eq!(first.await, Some(0));
    let batches = futures::future::join_all(others).await;
    let of = |number| batches.iter().filter(|one| **one == Some(number)).count();
    assert_eq!((of(1), of(2)), (MOST, 1), "no more than that in one");
}

#[tokio::test]
async fn a_batch_whose_driver_is_dropped_is_driven_on_and_not_begun_again() {
    let store = Store::new();
    // All three in the queue before the first of them begins.
    let held = store.group.batch.lock().await;
    let (mut one, mut two, mut three) = (store.ask(), store.ask(), store.ask());
    waits!(one, two, three);
    drop(held);
    waits!(one, two, three);
    assert_eq!(store.begun.load(SeqCst), 1);
    drop(one);
    waits!(two);
    drop(two);
    store.permits.add_permits(1);
    assert_eq!(three.await, Some(0));
    assert_eq!((store.begun.load(SeqCst), store.ended.load(SeqCst)), (1, 1));
}

#[tokio::test]
async fn the_last_to_leave_takes_the_batch_away() {
    let store = Store::new();
    let (mut one, mut two) = (store.ask(), store.ask());
    waits!(one, two);
    drop(one);
    drop(two);
    assert!(store.group.batch.try_lock().unwrap().is_none());
    assert!(store.group.queue.lock().is_empty());
    store.permits.add_permits(1);
    assert_eq!(store.ask().await, Some(1));
    assert_eq!(store.ended.load(SeqCst), 1, "the first never ended");
}

#[tokio::test]
async fn one_that_left_before_it_was_begun_is_not_run() {
    let store = Store::new();
    let (mut one, mut gone, mut two) = (store.ask(), store.ask(), store.ask());
    waits!(one, gone, two);
    drop(gone);
    store.permits.add_permits(1);
    assert_eq!(one.await, Some(0));
    let mut taken = Vec::new();
    store.group.queue.take(&mut taken);
    assert_eq!(taken.len(), 1, "only the one that is still there");
}

#[tokio::test]
async fn a_batch_that_panics_leaves_nobody_waiting() {
    let store = Store::new();
    let (caller, answer) = oneshot::channel();
    let panics = |queue: Arc<Queue<Asked>>| -> Batch {
        Box::pin(async move {
            let mut taken = Vec::new();
            queue.take(&mut taken);
            panic!("as it must not");
        })
    };
    let mut beside = store.ask();
    let mut panicking = Box::pin(store.group.submit(Asked(caller), answer, panics));
    let driven = std::panic::AssertUnwindSafe(&mut panicking)
        .catch_unwind()
        .now_or_never();
    assert!(driven.unwrap().is_err());
    waits!(beside);
    drop(panicking);
    store.permits.add_permits(1);
    assert_eq!(beside.await, Some(0));
}

/// On several threads, each with its own patience; what is answered was in a batch that ended.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nobody_waits_for_ever() {
    let store = Store::new();
    store.permits.add_permits(1_000_000);
    let tasks: Vec<_> = (0..200_u64)
        .map(|task| {
            let store = store.clone();
            tokio::spawn(async move {
                let mut answered = 0;
                for round in 0..50_u64 {
                    let patience = (task * 31 + round * 17) % 7;
                    let mut asked = store.ask();
                    for _ in 0..patience {
                        if (&mut asked).now_or_never().is_some() {
                            answered += 1;
                            break;
                        }
                        tokio::task::yield_now().await;
                    }
                    if patience == 0 {
                        assert!(asked.await.is_some());
                        answered += 1;
                    }
                }
                answered
            })
        })
        .collect();
    let all = futures::future::join_all(tasks);
    let answered = tokio::time::timeout(std::time::Duration::from_secs(60), all)
        .await
        .expect("nobody hangs");
    let answered: u32 = answered.into_iter().map(Result::unwrap).sum();
    assert!(answered >= 200 * 7, "{answered}");
}
