//! Guarantee 8: what a service or a component writes is made plain before anybody sees it.

use std::sync::{Arc, Mutex};

use passcode_host::plain;
use passcode_tests::{Script, Setup};
use serde_json::json;

#[test]
fn a_name_shows_what_it_is() {
    for kept in [
        "Zoë's iPad",
        "田中の端末",
        "Ωmega",
        "a-b_c (2)",
        "👩\u{fe0f} phone",
        "مكتب",
    ] {
        assert_eq!(plain(kept), kept);
    }
    for (name, shown) in [
        ("a\u{1b}]0;title\u{7}b", "a\u{fffd}]0;title\u{fffd}b"),
        ("a\u{1b}[2Jb", "a\u{fffd}[2Jb"),
        ("a\u{9b}2Jb", "a\u{fffd}2Jb"),
        ("a\r\nb", "a\u{fffd}\u{fffd}b"),
        (
            "a\tb\u{8}c\0d\u{7f}e",
            "a\u{fffd}b\u{fffd}c\u{fffd}d\u{fffd}e",
        ),
        ("\u{202e}daPi", "\u{fffd}daPi"),
        ("\u{2066}a\u{2069}", "\u{fffd}a\u{fffd}"),
        (
            "\u{202a}\u{202b}\u{202c}\u{202d}",
            "\u{fffd}\u{fffd}\u{fffd}\u{fffd}",
        ),
        (
            "a\u{200e}b\u{200f}c\u{61c}d",
            "a\u{fffd}b\u{fffd}c\u{fffd}d",
        ),
        (
            "a\u{200b}b\u{feff}c\u{ad}d\u{2060}e",
            "a\u{fffd}b\u{fffd}c\u{fffd}d\u{fffd}e",
        ),
        ("a\u{2028}b\u{2029}c", "a\u{fffd}b\u{fffd}c"),
        ("a\u{e0041}b", "a\u{fffd}b"),
    ] {
        assert_eq!(plain(name), shown, "{name:?}");
    }
}

#[test]
fn no_character_that_moves_or_hides_is_let_through() {
    for point in 0..=0x0010_ffff_u32 {
        let Some(character) = char::from_u32(point) else {
            continue;
        };
        let shown = plain(&character.to_string());
        let bidirectional =
            matches!(point, 0x61c | 0x200e | 0x200f | 0x202a..=0x202e | 0x2066..=0x2069);
        if character.is_control() || bidirectional {
            assert_eq!(shown, "\u{fffd}", "{point:x}");
        }
    }
}

#[tokio::test]
async fn what_a_component_logs_is_plain() {
    let heard = Arc::new(Mutex::new(Vec::new()));
    let sink = heard.clone();
    let bench = Setup::puppet()
        .change(move |builder| {
            builder.log(Arc::new(move |_: &str, line: &str| {
                sink.lock().unwrap().push(line.to_owned())
            }))
        })
        .start()
        .await;
    let script = Script::new().step(
        "find",
        json!({ "do": "log", "message": "a\u{1b}[2J\r\n\u{202e}b" }),
    );
    bench.find(&script).await.expect("find");
    assert_eq!(
        *heard.lock().unwrap(),
        ["a\u{fffd}[2J\u{fffd}\u{fffd}\u{fffd}b"]
    );
}
