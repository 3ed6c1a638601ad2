use passcode_tests::{Script, Setup};

#[tokio::test]
async fn smoke() {
    let bench = Setup::puppet().start().await;
    bench.still_works().await;
    let script = Script::ordinary().looks("commit").resets("commit").claims_success("commit");
    let committed = bench.commit("KIOSK-0001", &script).await;
    println!("{committed:#?}");
    println!("{}", bench.tap.heard());
}
