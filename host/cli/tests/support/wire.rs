//! Requests on the wire, for what stands between the command and the practice tenant.

use std::io::{Read, Write as _};
use std::net::{SocketAddr, TcpStream};

/// A request as it came.
#[derive(Debug)]
pub struct Request {
    pub method: String,
    /// Path and query.
    pub target: String,
    head: String,
    body: Vec<u8>,
}

impl Request {
    /// Read one to its end; `begun` was read before. `None` if the other side went away first.
    pub fn read(stream: &mut impl Read, begun: &[u8]) -> std::io::Result<Option<Self>> {
        let mut bytes = begun.to_vec();
        let mut buffer = [0; 4096];
        let end = loop {
            if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
                break end + 4;
            }
            match stream.read(&mut buffer)? {
                0 => return Ok(None),
                read => bytes.extend_from_slice(&buffer[..read]),
            }
        };
        let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
        let length = head
            .lines()
            .filter_map(|line| line.split_once(": "))
            .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
            .and_then(|(_, length)| length.trim().parse::<usize>().ok())
            .unwrap_or(0);
        while bytes.len() < end + length {
            match stream.read(&mut buffer)? {
                0 => return Ok(None),
                read => bytes.extend_from_slice(&buffer[..read]),
            }
        }
        let mut words = head.split(' ');
        let mut word = || words.next().unwrap_or_default().to_owned();
        Ok(Some(Self {
            method: word(),
            target: word().replace("%24", "$").replace("%2C", ","),
            body: bytes.split_off(end),
            head,
        }))
    }

    /// What it carries.
    pub fn body(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// What the service says to it, over a connection of its own, byte for byte.
    pub fn answer(&self, service: SocketAddr) -> std::io::Result<Vec<u8>> {
        let head = self.head.replacen("\r\n", "\r\nconnection: close\r\n", 1);
        let mut upstream = TcpStream::connect(service)?;
        upstream.write_all(&[head.as_bytes(), &self.body].concat())?;
        let mut bytes = Vec::new();
        upstream.read_to_end(&mut bytes)?;
        Ok(bytes)
    }
}
