//! Stands between the command and the practice tenant, and lets one kind of request go wrong.
//!
//! One connection carries one request, so that what a fault does to a connection it does to
//! exactly that request. Everything else is passed on unchanged.

use std::io::Write as _;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::faults::{Answer, ELSEWHERE, Fault, How, Spoil};
use crate::steps::{Step, is_for, is_for_a_token};
use crate::support::wire::Request;

/// Longer than the command waits for an answer.
const TOO_LONG: Duration = Duration::from_secs(75);
/// Larger than the command accepts.
const TOO_LARGE: usize = 5 << 20;

/// What came by.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    /// How many requests came before the first of the step.
    pub before: Option<usize>,
    /// Requests that would change something, and were read to their end.
    pub posts: usize,
    /// Requests handed on to the tenant.
    pub passed_on: usize,
    /// Connections to the place that redirects lead to.
    pub elsewhere: usize,
}

/// What is to go wrong.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    pub step: Step,
    pub fault: Fault,
    /// How many requests come before the first of that step when nothing goes wrong.
    pub before: usize,
}

/// A place for a front, known before there is a tenant behind it.
pub struct Place(TcpListener);

impl Place {
    pub fn new() -> Self {
        Self(bind().0)
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.0.local_addr().unwrap())
    }
}

/// The front, until it is dropped.
pub struct Front {
    address: SocketAddr,
    elsewhere: SocketAddr,
    seen: Arc<Mutex<Seen>>,
    over: Arc<AtomicBool>,
}

impl Front {
    pub fn start(place: Place, tenant: SocketAddr, plan: Plan) -> Self {
        let listener = place.0;
        let address = listener.local_addr().unwrap();
        let (decoy, elsewhere) = bind();
        let seen = Arc::new(Mutex::new(Seen::default()));
        let over = Arc::new(AtomicBool::new(false));
        let serving = Serving {
            listener: (plan.fault.how != How::Refused || plan.before > 0).then_some(listener),
            tenant,
            elsewhere,
            plan,
            seen: seen.clone(),
            struck: 0,
            connections: 0,
        };
        let ends = over.clone();
        std::thread::spawn(move || serving.run(&ends));
        let (counts, ends) = (seen.clone(), over.clone());
        std::thread::spawn(move || {
            while decoy.accept().is_ok() && !ends.load(Ordering::SeqCst) {
                lock(&counts).elsewhere += 1;
            }
        });
        Self {
            address,
            elsewhere,
            seen,
            over,
        }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn seen(&self) -> Seen {
        lock(&self.seen).clone()
    }
}

impl Drop for Front {
    fn drop(&mut self) {
        self.over.store(true, Ordering::SeqCst);
        // Wakes those who wait for a connection.
        let _ = (
            TcpStream::connect(self.address),
            TcpStream::connect(self.elsewhere),
        );
    }
}

fn bind() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

struct Serving {
    /// Absent once nobody listens any more.
    listener: Option<TcpListener>,
    tenant: SocketAddr,
    elsewhere: SocketAddr,
    plan: Plan,
    seen: Arc<Mutex<Seen>>,
    /// Requests that met the fault.
    struck: usize,
    connections: usize,
}

impl Serving {
    fn run(mut self, over: &AtomicBool) {
        while let Some(listener) = &self.listener {
            let Ok((stream, _)) = listener.accept() else {
                return;
            };
            if over.load(Ordering::SeqCst) {
                return;
            }
            // A client that goes away is none of our business.
            let _ = self.serve(stream);
        }
    }

    /// Whether the connection of this number is one to be dropped.
    fn drops(&self, number: usize) -> bool {
        let Plan { fault, before, .. } = self.plan;
        fault.how == How::DroppedBefore && (number == before || (number > before && !fault.once))
    }

    fn serve(&mut self, mut stream: TcpStream) -> std::io::Result<()> {
        let number = self.connections;
        self.connections += 1;
        if self.drops(number) {
            return Ok(());
        }
        let Some(request) = Request::read(&mut stream, &[])? else {
            return Ok(());
        };
        let concerned = {
            let mut seen = lock(&self.seen);
            let concerned = is_for(&request, self.plan.step, seen.posts > 0);
            if concerned {
                seen.before.get_or_insert(number);
            }
            seen.posts += usize::from(request.method != "GET" && !is_for_a_token(&request));
            concerned
        };
        if self.plan.fault.how == How::Refused && number + 1 == self.plan.before {
            // Before the answer that makes the command go on.
            self.listener = None;
        }
        let meets = concerned && (self.struck == 0 || !self.plan.fault.once);
        self.struck += usize::from(meets);
        let how = if meets {
            self.plan.fault.how
        } else {
            How::Nothing
        };
        match how {
            How::Nothing | How::Refused | How::DroppedBefore => {
                let reply = self.ask(&request)?;
                stream.write_all(&reply.bytes())
            }
            How::DroppedAfter => self.ask(&request).map(drop),
            How::Slow => {
                let reply = self.ask(&request)?;
                std::thread::spawn(move || {
                    std::thread::sleep(TOO_LONG);
                    let _ = stream.write_all(&reply.bytes());
                });
                Ok(())
            }
            How::Answer(answer) => {
                if answer.acts {
                    self.ask(&request)?;
                }
                stream.write_all(&self.instead(answer).bytes())
            }
            How::Spoiled(spoil) => {
                let reply = self.ask(&request)?;
                stream.write_all(&spoiled(reply, spoil))
            }
        }
    }

    /// What the tenant says.
    fn ask(&self, request: &Request) -> std::io::Result<Reply> {
        lock(&self.seen).passed_on += 1;
        Ok(Reply::of(&request.answer(self.tenant)?))
    }

    fn instead(&self, answer: Answer) -> Reply {
        let mut headers = Vec::new();
        if let Some((name, value)) = answer.header {
            let value = match value {
                ELSEWHERE => format!("http://{}/elsewhere", self.elsewhere),
                value => value.to_owned(),
            };
            headers.push((name.to_owned(), value));
        }
        let body = match answer.code {
            "" => String::new(),
            code => {
                headers.push(("content-type".to_owned(), "application/json".to_owned()));
                format!(
                    "{{\"error\":{{\"code\":\"{code}\",\"message\":\"a sample of what goes wrong\",\
                     \"innerError\":{{\"request-id\":\"5a5a5a5a-0000-4000-8000-000000000000\"}}}}}}"
                )
            }
        };
        Reply {
            status: answer.status,
            headers,
            body,
        }
    }
}

/// An answer.
struct Reply {
    status: u16,
    headers: Vec<(String, String)>,
    body: String,
}

impl Reply {
    fn of(bytes: &[u8]) -> Self {
        let text = String::from_utf8_lossy(bytes).into_owned();
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
        let status = head.split(' ').nth(1).and_then(|word| word.parse().ok());
        let headers = head
            .split("\r\n")
            .skip(1)
            .filter_map(|line| line.split_once(": "))
            .filter(|(name, _)| !["connection", "content-length"].contains(name))
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        Self {
            status: status.unwrap_or(500),
            headers,
            body: body.to_owned(),
        }
    }

    fn head(&self, length: usize) -> String {
        let mut head = format!("HTTP/1.1 {} Answer\r\n", self.status);
        for (name, value) in &self.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        if self.status != 204 {
            head.push_str(&format!("content-length: {length}\r\n"));
        }
        head.push_str("connection: close\r\n\r\n");
        head
    }

    fn bytes(&self) -> Vec<u8> {
        [self.head(self.body.len()).as_bytes(), self.body.as_bytes()].concat()
    }
}

/// The tenant's answer as it must not be.
fn spoiled(mut reply: Reply, spoil: Spoil) -> Vec<u8> {
    if reply.body.is_empty() {
        // An action is answered with nothing, which nothing can spoil.
        reply.status = 200;
        reply.body = "{\"value\":{\"id\":\"sample\"}}".to_owned();
        let kind = ("content-type".to_owned(), "application/json".to_owned());
        reply.headers.push(kind);
    }
    match spoil {
        Spoil::Truncated => {
            let half = reply.body.len() / 2;
            let head = reply.head(reply.body.len());
            return [head.as_bytes(), &reply.body.as_bytes()[..half]].concat();
        }
        Spoil::Oversized => {
            let last = reply.body.pop().unwrap_or('}');
            reply.body.push_str(&" ".repeat(TOO_LARGE));
            reply.body.push(last);
        }
        Spoil::WrongType => {
            reply.headers.retain(|(name, _)| name != "content-type");
            let kind = ("content-type".to_owned(), "text/html".to_owned());
            reply.headers.push(kind);
        }
        Spoil::InvalidJson => reply.body = reply.body.replacen(':', "=", 1),
        Spoil::DuplicateKeys => {
            let key = reply.body.split('"').nth(1).unwrap_or("value").to_owned();
            reply.body = reply
                .body
                .replacen('{', &format!("{{\"{key}\":\"other\","), 1);
        }
        Spoil::SealKey => {
            let seal = "{\"notes\":{\"$sealed\":1},";
            reply.body = reply.body.replacen('{', seal, 1);
        }
    }
    reply.bytes()
}
