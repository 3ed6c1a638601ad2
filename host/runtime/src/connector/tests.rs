//! Which connection a change leaves on.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use super::*;
use crate::credential::{AccessToken, Credential, CredentialError, TokenRequest};

/// Nobody asks it: the connector is given what it sends.
#[derive(Debug)]
struct Unasked;

#[async_trait::async_trait]
impl Credential for Unasked {
    async fn token(&self, _: &TokenRequest) -> Result<AccessToken, CredentialError> {
        unreachable!("a connector asks for no token")
    }

    fn kind(&self) -> &'static str {
        "none"
    }
}

/// A service that says yes, and hangs up after so many answers.
struct Service {
    url: String,
    connections: Arc<AtomicUsize>,
    requests: Arc<AtomicUsize>,
}

impl Service {
    async fn start(answers: usize) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (connections, requests) = (Arc::default(), Arc::default());
        let service = Self {
            url,
            connections: Arc::clone(&connections),
            requests: Arc::clone(&requests),
        };
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                connections.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(answer(stream, answers, Arc::clone(&requests)));
            }
        });
        service
    }

    fn connector(&self) -> Connector {
        let destination = Destination::new("graph", &self.url, Arc::new(Unasked)).unwrap();
        Connector::new(&destination, &[], Duration::from_secs(5)).unwrap()
    }

    async fn change(&self, connector: &Connector) -> Result<Answer, NoAnswer> {
        let outgoing = Outgoing {
            method: Method::Post,
            url: self.url.parse().unwrap(),
            authorization: Authorization::Nothing,
            client_request_id: "5ca1e000-0000-4000-8000-000000000001",
            approval: None,
            body: None,
        };
        connector.send(outgoing, 1_000).await
    }

    fn seen(&self) -> (usize, usize) {
        let (connections, requests) = (&self.connections, &self.requests);
        (
            connections.load(Ordering::SeqCst),
            requests.load(Ordering::SeqCst),
        )
    }
}

async fn answer(mut stream: TcpStream, answers: usize, requests: Arc<AtomicUsize>) {
    let mut read = Vec::new();
    for _ in 0..answers {
        while !read.ends_with(b"\r\n\r\n") {
            match stream.read_u8().await {
                Ok(byte) => read.push(byte),
                Err(_) => return,
            }
        }
        read.clear();
        requests.fetch_add(1, Ordering::SeqCst);
        let yes = b"HTTP/1.1 204 No Content\r\n\r\n";
        if stream.write_all(yes).await.is_err() {
            return;
        }
    }
}

#[tokio::test]
async fn a_change_leaves_on_a_connection_that_has_just_answered_and_on_no_older_one() {
    let service = Service::start(usize::MAX).await;
    let connector = service.connector();
    let begun = std::time::Instant::now();
    for _ in 0..3 {
        assert_eq!(service.change(&connector).await.unwrap().status, 204);
    }
    // A machine that stood still in between has none that has just answered.
    if begun.elapsed() < JUST {
        assert_eq!(service.seen(), (1, 3));
    }
    let (before, _) = service.seen();
    tokio::time::sleep(JUST + Duration::from_millis(100)).await;
    service.change(&connector).await.unwrap();
    assert_eq!(service.seen(), (before + 1, 4));
}

#[tokio::test]
async fn a_change_on_a_connection_that_is_closed_meanwhile_is_not_sent_twice() {
    // Whatever the moment at which the service hangs up, it never sees a change more often than it
    // was asked for, and what is called sent nowhere it never saw.
    for _ in 0..50 {
        let service = Service::start(1).await;
        let connector = service.connector();
        let (mut asked, mut nowhere) = (0, 0);
        for _ in 0..3 {
            asked += 1;
            match service.change(&connector).await {
                Ok(answer) => assert_eq!(answer.status, 204),
                Err(NoAnswer::NotSent) => nowhere += 1,
                Err(_) => {}
            }
        }
        let (_, seen) = service.seen();
        assert!(
            seen <= asked - nowhere,
            "{seen} of {asked}, {nowhere} nowhere"
        );
    }
}
