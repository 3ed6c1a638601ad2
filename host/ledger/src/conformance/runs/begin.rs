//! Runs as such, and what is handed in about them.

use super::super::TENANT;
use super::{RunHandle, new_run};
use crate::run::{Begun, KeptApproval, NewRun, RunState};

pub(super) async fn beginnings(one: RunHandle, two: RunHandle) {
    let first = new_run("11111111-0000-4000-8000-000000000001", Some("job-7"));
    let begun = one.begin_run(&first).await.expect("a run");
    let Begun::New(run) = begun else {
        panic!("the first is new: {begun:?}")
    };
    assert_eq!(run.new, first);
    assert_eq!(run.state, RunState::Planning);
    assert_eq!((run.why, run.set, run.started), (None, None, None));
    let age = time::OffsetDateTime::now_utc() - run.changed;
    assert!(
        age.abs() < time::Duration::minutes(1),
        "by the store's clock"
    );

    // A job that begins again, with another name for the run: it is the same.
    let again = NewRun {
        id: "22222222-0000-4000-8000-000000000002".to_owned(),
        title: "another title".to_owned(),
        tenant: TENANT.to_uppercase(),
        ..first.clone()
    };
    let known = two.begin_run(&again).await.expect("it is known");
    assert!(
        matches!(&known, Begun::Known(run) if run.new == first),
        "{known:?}"
    );
    // What it asks for need not be known to find it.
    let found = two.run_of_key(&TENANT.to_uppercase(), "job-7").await;
    let found = found.expect("looked up");
    assert!(found.is_some_and(|run| run.new == first));
    for (tenant, key) in [
        (TENANT, "JOB-7"),
        (TENANT, "job"),
        ("99999999-aaaa-4bbb-8ccc-999999999999", "job-7"),
    ] {
        let none = two.run_of_key(tenant, key).await.expect("looked up");
        assert!(none.is_none(), "{tenant} {key}");
    }
    let other = NewRun {
        digest: "d2".repeat(32),
        ..again.clone()
    };
    let other = two.begin_run(&other).await.expect("it is another");
    assert!(
        matches!(&other, Begun::Other(run) if run.new == first),
        "{other:?}"
    );
    assert_eq!(two.runs(9).await.expect("runs").len(), 1, "none was added");

    // The same key is another tenant's own; another key, and none at all, are other runs.
    for (at, tenant, key) in [
        (3, "99999999-aaaa-4bbb-8ccc-999999999999", Some("job-7")),
        (4, TENANT, Some("JOB-7")),
        (5, TENANT, None),
        (6, TENANT, None),
    ] {
        let next = NewRun {
            id: format!("{at}{at}{at}{at}{at}{at}{at}{at}-0000-4000-8000-00000000000{at}"),
            tenant: tenant.to_owned(),
            key: key.map(str::to_owned),
            ..first.clone()
        };
        let begun = one.begin_run(&next).await.expect("a run");
        assert!(matches!(begun, Begun::New(_)), "{at}: {begun:?}");
    }

    // Of two processes that begin it at once, one does.
    for round in 0..20 {
        let run = |half: u32| NewRun {
            id: format!("{half}{round:07}-aaaa-4000-8000-000000000000"),
            key: Some(format!("race-{round}")),
            ..first.clone()
        };
        let (mine, yours) = (run(1), run(2));
        let (mine, yours) = tokio::join!(one.begin_run(&mine), two.begin_run(&yours));
        let both = (mine.expect("begun"), yours.expect("begun"));
        let same = match &both {
            (Begun::New(new), Begun::Known(known)) | (Begun::Known(known), Begun::New(new)) => {
                new.new.id == known.new.id
            }
            _ => false,
        };
        assert!(same, "{both:?}");
    }
}

pub(super) async fn names(ledger: RunHandle) {
    let ids = [
        "abcdef01-0000-4000-8000-000000000001",
        "abcdef01-0000-4000-8000-000000000002",
        "abcdef02-0000-4000-8000-000000000003",
    ];
    for id in ids {
        ledger.begin_run(&new_run(id, None)).await.expect("a run");
    }
    let table = [
        (ids[0], Some(ids[0])),
        (ids[2], Some(ids[2])),
        ("abcdef02", Some(ids[2])),
        ("abcdef02-0000", Some(ids[2])),
        ("abcdef01", None),
        ("abcdef0", None),
        ("", None),
        ("%", None),
        ("abcdef0_", None),
        ("abcdef03", None),
    ];
    for (name, expected) in table {
        let found = ledger.run(name).await.expect("a look");
        assert_eq!(found.map(|run| run.new.id).as_deref(), expected, "{name}");
    }
    let newest = ledger.runs(2).await.expect("runs");
    let newest: Vec<_> = newest.iter().map(|run| run.new.id.as_str()).collect();
    assert_eq!(newest, [ids[2], ids[1]]);
    assert_eq!(ledger.runs(u32::MAX).await.expect("runs").len(), 3);
    assert!(ledger.runs(0).await.expect("runs").is_empty());
}

pub(super) async fn moves(one: RunHandle, two: RunHandle) {
    use RunState::{Denied, Finished, Planned, Planning, Running, Stopped};
    const ID: &str = "33333333-0000-4000-8000-000000000003";
    one.begin_run(&new_run(ID, None)).await.expect("a run");
    let nowhere = one.move_run("nobody", &[Planning], Running, None, None);
    assert!(!nowhere.await.expect("a try"), "there is none of that name");

    let set = "5e".repeat(32);
    let set = Some(set.as_str());
    let table = [
        (&[Planned, Running][..], Stopped, None, None, false),
        (&[], Running, None, None, false),
        (&[Planning], Planned, None, set, true),
        (&[Planning], Planned, None, set, false),
        (&[Planned, Stopped], Running, None, None, true),
        (&[Running], Stopped, Some("failure-share"), set, true),
        (&[Planned, Stopped], Running, None, None, true),
        (&[Running], Running, None, None, true),
        (&[Running], Finished, None, None, true),
        (&[Planned], Denied, None, None, false),
    ];
    let mut expected = (Planning, None, None);
    let mut started = None;
    for (from, to, why, with, moves) in table {
        let moved = two.move_run(ID, from, to, why, with).await.expect("a try");
        assert_eq!(moved, moves, "{from:?} to {to:?}");
        if moves {
            let set = expected.2.or(with);
            expected = (to, why, set);
        }
        let run = one.run(ID).await.expect("a look").expect("it is there");
        assert_eq!(
            (run.state, run.why.as_deref(), run.set.as_deref()),
            expected,
            "after {from:?} to {to:?}"
        );
        // Once, however often it is stopped and goes on.
        if moves && to == Running && started.is_none() {
            started = Some(run.changed);
        }
        assert_eq!(run.started, started, "after {from:?} to {to:?}");
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    // A set stands for what was approved.
    let other = "6f".repeat(32);
    let changed = one.move_run(ID, &[Finished], Running, None, Some(&other));
    assert!(changed.await.is_err(), "another set");
    let run = one.run(ID).await.expect("a look").expect("it is there");
    assert_eq!((run.state, run.set.as_deref()), (Finished, set));

    // Of two that take the same step, one does.
    for _ in 0..20 {
        let back = one.move_run(ID, &[Running, Finished], Stopped, None, None);
        assert!(back.await.expect("back"));
        let (mine, yours) = tokio::join!(
            one.move_run(ID, &[Stopped], Running, None, None),
            two.move_run(ID, &[Stopped], Running, None, None)
        );
        assert!(mine.expect("a try") ^ yours.expect("a try"));
    }
}

pub(super) async fn approvals(one: RunHandle, two: RunHandle) {
    let at = time::OffsetDateTime::UNIX_EPOCH + time::Duration::nanoseconds(1_700_000_000_000_001);
    let approval = |subject: &str, document: &str, minutes| KeptApproval {
        subject: subject.repeat(32),
        document: document.to_owned(),
        at: at + time::Duration::minutes(minutes),
    };
    let first = approval("aa", "{\"decision\":\"approve\"}\nsignature 1", 2);
    let second = approval("aa", "{\"decision\":\"deny\"}\nsignature 2", 1);
    let third = approval("bb", &first.document, 3);
    for kept in [&first, &second, &third, &first] {
        one.keep_approval(kept).await.expect("kept");
    }
    let later = approval("aa", &first.document, 9);
    two.keep_approval(&later).await.expect("the same once more");
    let found = two.approvals(&first.subject).await.expect("approvals");
    assert_eq!(found, [first.clone(), second], "in the order they came");
    let found = two.approvals(&third.subject).await.expect("approvals");
    assert_eq!(found, [third]);
    assert!(two.approvals("cc").await.expect("approvals").is_empty());
}
