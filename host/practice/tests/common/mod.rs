//! A client just big enough to look at answers byte by byte.

#![allow(dead_code, reason = "each test file uses its own part")]

pub(crate) mod batch;

use passcode_practice::{PracticeOptions, PracticeTenant, TokenRequest};
use serde_json::Value;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

/// An answer as it came.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(own, _)| own == name)
            .map(|(_, value)| value.as_str())
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("json")
    }

    pub(crate) fn code(&self) -> String {
        self.json()["error"]["code"]
            .as_str()
            .expect("code")
            .to_owned()
    }

    pub(crate) fn message(&self) -> String {
        self.json()["error"]["message"]
            .as_str()
            .expect("message")
            .to_owned()
    }

    pub(crate) fn names(&self) -> Vec<String> {
        let body = self.json();
        let devices = body["value"].as_array().expect("list");
        devices
            .iter()
            .map(|device| device["deviceName"].as_str().unwrap_or_default().to_owned())
            .collect()
    }
}

pub(crate) fn tenant() -> PracticeTenant {
    PracticeTenant::start(PracticeOptions::immediate()).expect("tenant")
}

/// Sends one request on its own connection. `None`: the connection was closed before a whole answer came.
pub(crate) fn send(
    tenant: &PracticeTenant,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> Option<Answer> {
    let authority = tenant
        .http_url()
        .expect("http")
        .strip_prefix("http://")
        .expect("scheme");
    let mut stream = TcpStream::connect(authority).expect("connect");
    stream
        .set_read_timeout(Some(Duration::from_secs(20)))
        .expect("timeout");
    let mut text =
        format!("{method} {path} HTTP/1.1\r\nHost: {authority}\r\nConnection: close\r\n");
    for (name, value) in headers {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    if !body.is_empty() {
        text.push_str(&format!("Content-Length: {}\r\n", body.len()));
    }
    text.push_str("\r\n");
    text.push_str(body);
    stream.write_all(text.as_bytes()).expect("send");
    let mut bytes = Vec::new();
    let _ = stream.read_to_end(&mut bytes);
    parse(&bytes)
}

fn parse(bytes: &[u8]) -> Option<Answer> {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let mut lines = head.split("\r\n");
    let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
        .collect();
    let mut body = bytes[end + 4..].to_vec();
    if headers
        .iter()
        .any(|(name, value)| name == "transfer-encoding" && value == "chunked")
    {
        body = unchunk(&body)?;
    }
    let length = headers.iter().find(|(name, _)| name == "content-length");
    if let Some((_, length)) = length
        && length.parse::<usize>().ok()? != body.len()
    {
        return None;
    }
    Some(Answer {
        status,
        headers,
        body,
    })
}

fn unchunk(mut rest: &[u8]) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let line = rest.windows(2).position(|two| two == b"\r\n")?;
        let size = usize::from_str_radix(std::str::from_utf8(&rest[..line]).ok()?, 16).ok()?;
        if size == 0 {
            return Some(body);
        }
        body.extend_from_slice(rest.get(line + 2..line + 2 + size)?);
        rest = rest.get(line + 4 + size..)?;
    }
}

pub(crate) fn bearer(tenant: &PracticeTenant) -> String {
    format!("Bearer {}", tenant.mint_token(&TokenRequest::help_desk()))
}

pub(crate) fn get(tenant: &PracticeTenant, path: &str) -> Answer {
    let token = bearer(tenant);
    send(tenant, "GET", path, &[("Authorization", &token)], "").expect("answer")
}

pub(crate) fn try_post(tenant: &PracticeTenant, path: &str) -> Option<Answer> {
    let token = bearer(tenant);
    send(
        tenant,
        "POST",
        path,
        &[("Authorization", &token), ("Content-Length", "0")],
        "",
    )
}

pub(crate) fn post(tenant: &PracticeTenant, path: &str) -> Answer {
    try_post(tenant, path).expect("answer")
}

/// `/beta/deviceManagement/managedDevices/{id}`, by the device's name.
pub(crate) fn address(tenant: &PracticeTenant, device: &str) -> String {
    let id = tenant.device_id(device).expect("device");
    format!("/beta/deviceManagement/managedDevices/{id}")
}

pub(crate) fn reset(tenant: &PracticeTenant, device: &str) -> Answer {
    let address = address(tenant, device);
    post(tenant, &format!("{address}/resetPasscode"))
}

/// Percent-encodes what a filter needs.
pub(crate) fn encoded(filter: &str) -> String {
    filter
        .replace('%', "%25")
        .replace(' ', "%20")
        .replace('\'', "%27")
}
