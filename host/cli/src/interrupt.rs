//! Ctrl-C, counted. Before the request leaves, the first one ends everything; while it is on
//! its way only the second does, because half a request is worse than a late one.

use std::future::Future;

use tokio::sync::watch;

/// Hears interruptions. Clones hear the same ones.
#[derive(Clone, Debug)]
pub(crate) struct Interrupt(watch::Receiver<u32>);

impl Interrupt {
    /// Begin to listen. From now on Ctrl-C no longer ends the process by itself.
    pub(crate) fn listen() -> Self {
        let (sender, receiver) = watch::channel(0);
        tokio::spawn(async move {
            let mut hangups = Hangups::new();
            loop {
                tokio::select! {
                    pressed = tokio::signal::ctrl_c() => if pressed.is_err() { return },
                    () = hangups.next() => {}
                }
                sender.send_modify(|count| *count += 1);
            }
        });
        Self(receiver)
    }

    /// How often it was pressed.
    pub(crate) fn count(&self) -> u32 {
        *self.0.borrow()
    }

    /// Wait for the `nth` time in all.
    pub(crate) async fn nth(&self, nth: u32) {
        let mut receiver = self.0.clone();
        if receiver.wait_for(|count| *count >= nth).await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    /// Run something until it ends or is interrupted for the `nth` time.
    pub(crate) async fn until<T>(&self, nth: u32, future: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            biased;
            () = self.nth(nth) => None,
            done = future => Some(done),
        }
    }
}

/// Being told to end, other than by Ctrl-C.
struct Hangups {
    #[cfg(unix)]
    signals: Vec<tokio::signal::unix::Signal>,
}

impl Hangups {
    #[cfg(unix)]
    fn new() -> Self {
        use tokio::signal::unix::{SignalKind, signal};
        let kinds = [SignalKind::terminate(), SignalKind::hangup()];
        Self {
            signals: kinds
                .into_iter()
                .filter_map(|kind| signal(kind).ok())
                .collect(),
        }
    }

    #[cfg(unix)]
    async fn next(&mut self) {
        use std::task::Poll;
        std::future::poll_fn(|context| {
            for signal in &mut self.signals {
                if let Poll::Ready(Some(())) = signal.poll_recv(context) {
                    return Poll::Ready(());
                }
            }
            Poll::Pending
        })
        .await;
    }

    #[cfg(not(unix))]
    fn new() -> Self {
        Self {}
    }

    #[cfg(not(unix))]
    async fn next(&mut self) {
        std::future::pending::<()>().await;
    }
}
