//! Where the browser brings the code: one listener on this machine, for one answer.

use std::io;
use std::net::Ipv4Addr;
use std::time::Duration;

use passcode_host::credential::CredentialError;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use url::Url;
use zeroize::Zeroizing;

use crate::error::refused;

/// A request's head may be so long; a code is a kilobyte or two.
const LONGEST: usize = 32 * 1024;

/// A connection that says nothing does not keep others waiting for longer.
const PATIENCE: Duration = Duration::from_secs(5);

/// What the browser brought.
pub(super) enum Back {
    /// An authorization code.
    Code(Zeroizing<String>),
    /// OAuth's error.
    Error { name: String, description: String },
}

/// A listener on 127.0.0.1, reached as `localhost`.
pub(super) struct Listener {
    listener: TcpListener,
    port: u16,
}

impl Listener {
    pub(super) async fn bind() -> Result<Self, CredentialError> {
        let failed = |error: io::Error| {
            refused(
                "sign-in-listener",
                format!(
                    "no port of this machine can be listened on ({})",
                    error.kind()
                ),
                "sign in with a device code instead",
            )
        };
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
            .await
            .map_err(failed)?;
        let port = listener.local_addr().map_err(failed)?.port();
        Ok(Self { listener, port })
    }

    pub(super) fn port(&self) -> u16 {
        self.port
    }

    /// Wait for the answer to the request with this state. Any page in the browser, and any
    /// program on this machine, can call here: what has another state is told so and changes
    /// nothing.
    pub(super) async fn wait(self, state: &str) -> Back {
        loop {
            let Ok((mut stream, _)) = self.listener.accept().await else {
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            };
            let target = tokio::time::timeout(PATIENCE, target(&mut stream)).await;
            let target = target.ok().flatten();
            let back = target.as_deref().and_then(|target| read(target, state));
            let (status, text) = match &back {
                Some(Back::Code(_)) => ("200 OK", "Signed in. You can close this window."),
                Some(Back::Error { .. }) => (
                    "200 OK",
                    "Not signed in. The program says why; you can close this window.",
                ),
                None => ("404 Not Found", "Nothing is here."),
            };
            // The browser's history keeps the address; a code is of no use without its verifier.
            let _ = tokio::time::timeout(PATIENCE, answer(&mut stream, status, text)).await;
            if let Some(back) = back {
                return back;
            }
        }
    }
}

/// The target of a GET request.
async fn target(stream: &mut TcpStream) -> Option<Zeroizing<String>> {
    let mut head = Zeroizing::new(Vec::with_capacity(4096));
    let mut chunk = Zeroizing::new([0; 2048]);
    while !head.windows(4).any(|end| end == b"\r\n\r\n") {
        let length = stream.read(&mut chunk[..]).await.ok()?;
        if length == 0 || head.len() + length > LONGEST {
            return None;
        }
        head.extend_from_slice(chunk.get(..length)?);
    }
    let line = std::str::from_utf8(&head).ok()?.lines().next()?;
    let mut words = line.split(' ');
    let (method, target) = (words.next()?, words.next()?);
    (method == "GET").then(|| Zeroizing::new(target.to_owned()))
}

async fn answer(stream: &mut TcpStream, status: &str, text: &str) -> io::Result<()> {
    let page = format!("<!doctype html><meta charset=utf-8><title>passcode</title><p>{text}</p>");
    let whole = format!(
        "HTTP/1.1 {status}\r\ncontent-type: text/html; charset=utf-8\r\ncontent-length: {}\r\n\
         content-security-policy: default-src 'none'\r\ncache-control: no-store\r\n\
         referrer-policy: no-referrer\r\nconnection: close\r\n\r\n{page}",
        page.len()
    );
    stream.write_all(whole.as_bytes()).await?;
    stream.shutdown().await
}

/// What a request's target brings, if it is the answer to the request with this state.
fn read(target: &str, state: &str) -> Option<Back> {
    let url = Url::parse("http://localhost").ok()?.join(target).ok()?;
    if url.path() != "/" || url.host_str() != Some("localhost") {
        return None;
    }
    let only = |name: &str| {
        let mut values = url.query_pairs().filter(|(found, _)| found == name);
        match (values.next(), values.next()) {
            (Some((_, value)), None) => Some(value.into_owned()),
            _ => None,
        }
    };
    if !same(only("state")?.as_bytes(), state.as_bytes()) {
        return None;
    }
    if let Some(name) = only("error") {
        let description = only("error_description").unwrap_or_default();
        return Some(Back::Error { name, description });
    }
    let code = Zeroizing::new(only("code")?);
    (!code.is_empty()).then_some(Back::Code(code))
}

/// Compared in a time that does not tell how much of it is right.
fn same(one: &[u8], other: &[u8]) -> bool {
    aws_lc_rs::constant_time::verify_slices_are_equal(one, other).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_answer_to_our_own_request_counts() {
        let table = [
            ("/?code=c&state=s", Some("c")),
            ("/?state=s&code=a%2Bb&iss=x", Some("a+b")),
            ("/?error=access_denied&state=s", Some("access_denied")),
            (
                "/?error=access_denied&error_description=x&state=s&code=c",
                Some("access_denied"),
            ),
            ("/?code=c&state=t", None),
            ("/?error=access_denied&state=t", None),
            ("/?code=c", None),
            ("/?code=c&state=", None),
            ("/?code=c&state=s&state=s", None),
            ("/?code=c&state=t&state=s", None),
            ("/?code=&state=s", None),
            ("/?code=c&code=d&state=s", None),
            ("/?state=s", None),
            ("/x?code=c&state=s", None),
            ("//evil.example/?code=c&state=s", None),
            ("http://evil.example/?code=c&state=s", None),
            ("/favicon.ico", None),
            ("", None),
        ];
        for (target, expected) in table {
            let found = read(target, "s").map(|back| match back {
                Back::Code(code) => code.to_string(),
                Back::Error { name, .. } => name,
            });
            assert_eq!(found.as_deref(), expected, "{target}");
        }
    }
}
