//! A wire between the command and the tenant that stops at a point: it announces it, and nothing
//! more comes through on that connection.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Barrier};
use std::time::Duration;

use crate::point::Point;
use crate::support::wire::Request;

/// Longer than a process needs to come to its point, on a machine that has much else to do.
const PATIENCE: Duration = Duration::from_secs(60);

/// A place for a wire, known before there is a tenant at its other end.
pub struct Place(TcpListener);

impl Place {
    pub fn new() -> Self {
        Self(TcpListener::bind("127.0.0.1:0").unwrap())
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.0.local_addr().unwrap())
    }
}

/// A wire. It ends with the process; until then it is a thread that waits.
pub struct Wire {
    arrived: Receiver<()>,
    late: Arc<Barrier>,
}

impl Wire {
    pub fn start(place: Place, tenant: SocketAddr, point: Point) -> Self {
        let (announce, arrived) = channel();
        let late = Arc::new(Barrier::new(2));
        let meeting = late.clone();
        std::thread::spawn(move || {
            for stream in place.0.incoming().flatten() {
                let (announce, late) = (announce.clone(), meeting.clone());
                // A client that was killed is no trouble.
                std::thread::spawn(move || serve(stream, tenant, point, &announce, &late));
            }
        });
        Self { arrived, late }
    }

    /// Forget what earlier processes came to.
    pub fn reset(&self) {
        while self.arrived.try_recv().is_ok() {}
    }

    /// Hand on the request that was kept back, until the service has acted on it.
    pub fn let_the_service_act(&self) {
        self.late.wait();
        self.late.wait();
    }

    /// Until a process has come to the point.
    pub fn wait(&self, point: Point) {
        let arrived = self.arrived.recv_timeout(PATIENCE);
        assert!(arrived.is_ok(), "it never came to {point:?}");
    }
}

/// One connection, one request.
fn serve(
    mut stream: TcpStream,
    tenant: SocketAddr,
    point: Point,
    announce: &Sender<()>,
    late: &Barrier,
) -> std::io::Result<()> {
    let arrived = || {
        let _ = announce.send(());
    };
    let mut first = [0];
    if stream.read(&mut first)? == 0 {
        return Ok(());
    }
    // Of the requests that go to Graph, only the one that changes something begins like this.
    if point == Point::FirstByteSent && first == *b"P" {
        arrived();
        return park(stream);
    }
    let Some(request) = Request::read(&mut stream, &first)? else {
        return Ok(());
    };
    let changes = request.method != "GET";
    if point == Point::WholeRequestSent && changes {
        arrived();
        late.wait();
        let acted = request.answer(tenant);
        late.wait();
        return acted.map(drop);
    }
    let answer = request.answer(tenant)?;
    if point == Point::FirstByteAnswered && changes {
        stream.write_all(&answer[..1])?;
        arrived();
        return park(stream);
    }
    stream.write_all(&answer)?;
    let looks = request.target.ends_with("=id,deviceActionResults");
    match point {
        Point::Answered if changes => arrived(),
        // The first look comes before the sending; the waiting begins after the second.
        Point::Waiting if looks => arrived(),
        _ => {}
    }
    Ok(())
}

/// Keep a connection as it is until the other side goes away.
fn park(mut stream: TcpStream) -> std::io::Result<()> {
    while stream.read(&mut [0; 4096])? > 0 {}
    Ok(())
}
