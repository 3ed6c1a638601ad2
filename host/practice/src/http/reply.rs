//! An answer before it becomes bytes, so that faults can still spoil it.

use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, Response, StatusCode, header};
use bytes::Bytes;
use futures::{StreamExt as _, stream};
use serde_json::Value;
use std::convert::Infallible;

/// An answer.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Content,
    /// Whether an action took effect on a device.
    pub(crate) accepted: bool,
}

/// What an answer's body is.
#[derive(Debug, Clone)]
pub(crate) enum Content {
    Empty,
    Json(Value),
    /// Text that need not be JSON any more.
    Raw {
        media_type: &'static str,
        text: String,
    },
    /// A body that ends before its announced length.
    Truncated(String),
    /// `head`, then so many spaces, then `tail`: still JSON, and very long.
    Padded {
        head: String,
        spaces: u64,
        tail: String,
    },
}

pub(crate) const JSON: &str = "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8";

impl Reply {
    pub(crate) fn json(status: u16, body: Value) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: Content::Json(body),
            accepted: false,
        }
    }

    pub(crate) fn no_content() -> Self {
        Self {
            status: 204,
            headers: Vec::new(),
            body: Content::Empty,
            accepted: false,
        }
    }

    pub(crate) fn with_header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    pub(crate) fn accepted(mut self) -> Self {
        self.accepted = true;
        self
    }

    pub(crate) fn into_response(self) -> Response<Body> {
        let (media_type, length, body) = match self.body {
            Content::Empty => (None, None, Body::empty()),
            Content::Json(value) => (Some(JSON), None, Body::from(value.to_string())),
            Content::Raw { media_type, text } => (Some(media_type), None, Body::from(text)),
            Content::Truncated(text) => {
                let length = text.len() as u64;
                let half = text.len() / 2;
                let half = Bytes::copy_from_slice(&text.as_bytes()[..half]);
                // An error in the stream closes the connection with the body unfinished.
                let parts = stream::iter([Ok(half), Err(std::io::Error::other("truncated"))]);
                (Some(JSON), Some(length), Body::from_stream(parts))
            }
            Content::Padded { head, spaces, tail } => {
                let length = head.len() as u64 + spaces + tail.len() as u64;
                (Some(JSON), Some(length), padded(head, spaces, tail))
            }
        };
        let mut response = Response::new(body);
        *response.status_mut() =
            StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let headers = response.headers_mut();
        if let Some(media_type) = media_type {
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
        }
        if let Some(length) = length {
            headers.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
        }
        for (name, value) in self.headers {
            if let Ok(value) = HeaderValue::from_str(&value) {
                headers.insert(HeaderName::from_static(name), value);
            }
        }
        response
    }
}

fn padded(head: String, spaces: u64, tail: String) -> Body {
    const PIECE: u64 = 65_536;
    static SPACES: [u8; PIECE as usize] = [b' '; PIECE as usize];
    let whole = usize::try_from(spaces / PIECE).unwrap_or(usize::MAX);
    let rest = usize::try_from(spaces % PIECE).unwrap_or(0);
    let pieces = stream::repeat_with(|| Bytes::from_static(&SPACES)).take(whole);
    let last = stream::iter([Bytes::from_static(&SPACES[..rest]), Bytes::from(tail)]);
    let all = stream::iter([Bytes::from(head)]).chain(pieces).chain(last);
    Body::from_stream(all.map(Ok::<_, Infallible>))
}
