//! A practice tenant that is asked once over its socket, and whose answers are repeated from then on.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::Mutex;

use passcode_host::RawAnswer;
use passcode_practice::{PracticeOptions, PracticeTenant};

/// The tenant, and what it answered.
pub(crate) struct Service {
    pub(crate) tenant: PracticeTenant,
    pub(crate) token: String,
    told: Mutex<Told>,
}

#[derive(Default)]
struct Told {
    learned: bool,
    answers: Vec<(String, RawAnswer)>,
    next: usize,
}

impl Service {
    pub(crate) fn start() -> Self {
        let tenant = PracticeTenant::start(PracticeOptions::immediate()).unwrap();
        let help_desk = passcode_practice::TokenRequest::help_desk();
        Self {
            token: tenant.control().mint_token(&help_desk),
            tenant,
            told: Mutex::default(),
        }
    }

    /// From now on, repeat what was said.
    pub(crate) fn learned(&self) {
        self.told.lock().unwrap().learned = true;
    }

    /// An answer: the tenant's, or the next one that it gave in this order.
    pub(crate) fn answer(&self, method: &str, url: &str) -> RawAnswer {
        let asked = format!("{method} {url}");
        let mut told = self.told.lock().unwrap();
        if !told.learned {
            let answer = self.ask(method, url);
            told.answers.push((asked, answer.clone()));
            return answer;
        }
        let next = told.next;
        told.next = (next + 1) % told.answers.len();
        let (known, answer) = &told.answers[next];
        // Another request would get another one's answer, and nothing would be measured.
        assert_eq!(*known, asked);
        answer.clone()
    }

    fn ask(&self, method: &str, url: &str) -> RawAnswer {
        let origin = self.tenant.url();
        let token = &self.token;
        let path = url.strip_prefix(origin).unwrap();
        let host = origin.strip_prefix("http://").unwrap();
        let mut stream = TcpStream::connect(host).unwrap();
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nhost: {host}\r\nauthorization: Bearer {token}\r\n\
             accept: application/json\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
        )
        .unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        let end = answer.windows(4).position(|four| four == b"\r\n\r\n");
        let (head, body) = answer.split_at(end.unwrap() + 4);
        let head = String::from_utf8_lossy(head);
        let mut lines = head.lines();
        let status = lines.next().unwrap().split(' ').nth(1).unwrap();
        let headers = lines
            .filter_map(|line| line.split_once(": "))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
            .collect::<Vec<_>>();
        assert!(headers.iter().all(|(name, _)| name != "transfer-encoding"));
        (status.parse().unwrap(), headers, body.to_vec())
    }
}
