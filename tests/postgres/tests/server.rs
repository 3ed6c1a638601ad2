//! The server is there, and gone afterwards.

#![cfg(unix)]

use std::net::TcpStream;

#[test]
fn a_server_starts_survives_a_kill_and_is_removed() {
    let Some(server) = passcode_test_postgres::own(&[]) else {
        return;
    };
    let url = server.database();
    let (_, folder) = url.split_once("?host=").unwrap();
    assert_ne!(url, server.database(), "each database is another");
    let port = server.port();
    server.kill();
    server.start();
    assert!(TcpStream::connect(("127.0.0.1", port)).is_ok());
    drop(server);
    assert!(!std::path::Path::new(folder).exists());
    assert!(TcpStream::connect(("127.0.0.1", port)).is_err());
}
