//! Listeners and connections.

use crate::control::inner::Shared;
use crate::error::PracticeError;
use crate::http::exchange::answer;
use axum::body::Body;
use axum::http::Request;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::sync::Arc;
use std::thread::JoinHandle;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::oneshot;
use tokio_rustls::TlsAcceptor;

/// A listener, and the certificate it shows.
pub(crate) struct Door {
    pub(crate) listener: std::net::TcpListener,
    pub(crate) tls: Option<TlsAcceptor>,
}

/// Answers on all doors from a thread of its own, until `stopped` resolves.
pub(crate) fn serve(
    shared: Arc<Shared>,
    doors: Vec<Door>,
    stopped: oneshot::Receiver<()>,
) -> Result<JoinHandle<()>, PracticeError> {
    let failed = |error: std::io::Error| PracticeError::Listen {
        address: "a thread of its own".to_owned(),
        reason: error.to_string(),
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(failed)?;
    let mut listeners = Vec::new();
    {
        let _inside = runtime.enter();
        for door in doors {
            let listener = tokio::net::TcpListener::from_std(door.listener).map_err(failed)?;
            listeners.push((listener, door.tls));
        }
    }
    std::thread::Builder::new()
        .name("practice-tenant".to_owned())
        .spawn(move || {
            runtime.block_on(async {
                for (listener, tls) in listeners {
                    tokio::spawn(accept(Arc::clone(&shared), listener, tls));
                }
                let _ = stopped.await;
            });
            // Ends every connection, also those in the middle of a slow answer.
            runtime.shutdown_background();
        })
        .map_err(failed)
}

async fn accept(shared: Arc<Shared>, listener: tokio::net::TcpListener, tls: Option<TlsAcceptor>) {
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            // Out of file descriptors, for example: wait for some to be closed.
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            continue;
        };
        // Answers are small; without this each waits for the client's delayed acknowledgement.
        let _ = stream.set_nodelay(true);
        let (shared, tls) = (Arc::clone(&shared), tls.clone());
        tokio::spawn(async move {
            match tls {
                None => converse(shared, "http", stream).await,
                Some(acceptor) => {
                    if let Ok(stream) = acceptor.accept(stream).await {
                        converse(shared, "https", stream).await;
                    }
                }
            }
        });
    }
}

async fn converse<S>(shared: Arc<Shared>, scheme: &'static str, stream: S)
where
    S: AsyncRead + AsyncWrite + Unpin + 'static,
{
    let service = service_fn(move |request: Request<hyper::body::Incoming>| {
        answer(Arc::clone(&shared), scheme, request.map(Body::new))
    });
    // An error here is a client that went away, or a fault that drops the connection.
    let _ = http1::Builder::new()
        .timer(TokioTimer::new())
        .serve_connection(TokioIo::new(stream), service)
        .await;
}
