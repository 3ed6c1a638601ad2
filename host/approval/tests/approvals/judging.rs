//! What signatures amount to.

use passcode_approval::{
    Asked, Assurance, Decision, Document, Guard, Key, Kind, Planner, Refusal, Statement, Why, judge,
};
use time::Duration;

use super::signers::{Minisigner, NOW, Person, approvers, asked, document, joined, statement};

/// Grace and Joan may approve; so may Ada, who planned it.
fn known() -> passcode_approval::Approvers {
    approvers(&[
        ("Grace", "grace@contoso.example", Person::new(1).public()),
        ("Joan", "Joan@Contoso.example", Person::new(2).public()),
        ("Ada", "ada@contoso.example", Person::new(3).public()),
    ])
}

fn grace() -> Person {
    Person::new(1)
}

fn joan() -> Person {
    Person::new(2)
}

fn ada() -> Person {
    Person::new(3)
}

/// What Grace's signature amounts to, if statement and question are changed so.
fn with(
    statement_is: impl Fn(&mut Statement),
    asked_is: impl Fn(&mut Asked),
) -> (Assurance, Vec<Refusal>) {
    let (mut statement, mut asked) = (statement(), asked());
    statement_is(&mut statement);
    asked_is(&mut asked);
    of(&[document(&grace().signs(&statement))], &asked)
}

fn of(documents: &[Document], asked: &Asked) -> (Assurance, Vec<Refusal>) {
    let judgement = judge(documents, &known(), asked);
    let refused = judgement.refused.into_iter().map(|one| one.why);
    (judgement.assurance, refused.collect())
}

fn names(assurance: &Assurance) -> Vec<&str> {
    match assurance {
        Assurance::FourEyes { approvers }
        | Assurance::ChecksumOnly { approvers, .. }
        | Assurance::NotEnough { approvers, .. } => {
            approvers.iter().map(|one| one.name.as_str()).collect()
        }
        Assurance::Denied { by } => by.iter().map(|one| one.name.as_str()).collect(),
    }
}

/// That nobody's approval was counted, for that reason.
fn refused_for((assurance, refused): &(Assurance, Vec<Refusal>), why: &Refusal) {
    assert_eq!(refused, std::slice::from_ref(why));
    assert!(
        matches!(assurance, Assurance::NotEnough { need: 1, .. }) && names(assurance).is_empty(),
        "{assurance:?}"
    );
}

#[test]
fn another_persons_signature_is_four_eyes() {
    let (assurance, refused) = with(|_| (), |_| ());
    assert!(assurance.is_four_eyes(), "{assurance:?}");
    assert_eq!(names(&assurance), ["Grace"]);
    assert_eq!(refused, []);
    assert_eq!(
        assurance.to_string(),
        "approved by Grace (grace@contoso.example)"
    );
}

#[test]
fn a_minisign_signature_counts_as_well() {
    let signer = Minisigner::new();
    let known = approvers(&[("Grace", "grace@contoso.example", signer.public())]);
    let judgement = judge(&[document(&signer.signs(&statement()))], &known, &asked());
    assert!(judgement.assurance.is_four_eyes(), "{judgement:?}");

    let other = Minisigner::new();
    let judgement = judge(&[document(&other.signs(&statement()))], &known, &asked());
    assert_eq!(judgement.refused[0].why, Refusal::UnknownKey);
    assert!(!judgement.assurance.is_four_eyes());
}

#[test]
fn a_security_key_counts_if_it_was_touched() {
    let known = approvers(&[(
        "Grace",
        "grace@contoso.example",
        grace().public_on_a_token(),
    )]);
    for (flags, touched) in [(1, true), (5, true), (0, false), (4, false)] {
        let signed = document(&grace().signs_on_a_token(&statement(), flags));
        let judgement = judge(&[signed], &known, &asked());
        assert_eq!(judgement.assurance.is_four_eyes(), touched, "{flags}");
    }
    // The same key in a file is another key: nobody has to touch anything.
    let judgement = judge(&[document(&grace().signs(&statement()))], &known, &asked());
    assert_eq!(judgement.refused[0].why, Refusal::UnknownKey);
}

#[test]
fn a_statement_about_something_else_does_not_count() {
    type Change = fn(&mut Statement);
    let cases: [(Change, Refusal); 5] = [
        (
            |s| s.tenant = "fabrikam.example".to_owned(),
            Refusal::OtherTenant,
        ),
        (|s| s.subject = "ac".repeat(32), Refusal::OtherSubject),
        (|s| s.devices = 2, Refusal::OtherCount),
        (
            |s| {
                s.kind = Kind::Plan;
                s.devices = 1;
            },
            Refusal::OtherKind,
        ),
        (|s| s.expires = NOW, Refusal::Expired(NOW)),
    ];
    for (change, why) in cases {
        refused_for(&with(change, |_| ()), &why);
    }
}

#[test]
fn an_approval_about_another_subject_does_not_count() {
    for other in ["ac".repeat(32), format!("{}ac", "ab".repeat(31))] {
        refused_for(
            &with(|s| s.subject.clone_from(&other), |_| ()),
            &Refusal::OtherSubject,
        );
    }
    let (assurance, _) = with(|_| (), |a| a.subject = "AB".repeat(32));
    assert!(assurance.is_four_eyes());
}

#[test]
fn an_approval_counts_until_it_expires() {
    let last = statement().expires;
    for (now, counts) in [
        (last - Duration::NANOSECOND, true),
        (last, false),
        (last + Duration::DAY, false),
    ] {
        let (assurance, refused) = with(|_| (), |a| a.now = now);
        assert_eq!(assurance.is_four_eyes(), counts, "{now}");
        assert_eq!(refused.is_empty(), counts);
    }
}

#[test]
fn the_planners_own_key_never_counts() {
    let key = |person: &Person| Some(Key::parse(&person.public()).unwrap());
    refused_for(
        &with(|_| (), |a| a.planner_key = key(&grace())),
        &Refusal::PlannersKey,
    );
    let (assurance, _) = with(|_| (), |a| a.planner_key = key(&joan()));
    assert!(assurance.is_four_eyes());
}

#[test]
fn the_planners_key_is_known_in_the_other_form_too() {
    use base64::Engine as _;
    let bytes = [b"Ed\x01\x02\x03\x04\x05\x06\x07\x08", &grace().point()[..]].concat();
    let minisign = base64::engine::general_purpose::STANDARD.encode(bytes);
    let key = Key::parse(&minisign).unwrap();
    refused_for(
        &with(|_| (), |a| a.planner_key = Some(key.clone())),
        &Refusal::PlannersKey,
    );
}

#[test]
fn the_planner_never_counts() {
    let grace_is = |name: &str, id: Option<&str>, proven| Planner {
        name: name.to_owned(),
        id: id.map(str::to_owned),
        proven,
        application: false,
    };
    let id = "22222222-bbbb-4bbb-8bbb-222222222222";
    for planner in [
        grace_is("grace@contoso.example", None, true),
        grace_is("GRACE@contoso.EXAMPLE", Some(id), true),
        grace_is("grace@contoso.example", None, false),
        grace_is("Somebody", Some("grace@contoso.example"), true),
    ] {
        refused_for(
            &with(|_| (), |a| a.planner = planner.clone()),
            &Refusal::Planner,
        );
    }
    // Ada planned it, and signs with the key that is hers in the file.
    refused_for(
        &of(&[document(&ada().signs(&statement()))], &asked()),
        &Refusal::Planner,
    );
    // Who is known by object id is found by object id.
    let by_id = approvers(&[("Grace", id, grace().public())]);
    let mut asked = asked();
    asked.planner = grace_is("g.hopper@contoso.example", Some(&id.to_uppercase()), true);
    let judgement = judge(&[document(&grace().signs(&statement()))], &by_id, &asked);
    assert_eq!(judgement.refused[0].why, Refusal::Planner);
}

#[test]
fn who_cannot_be_told_from_the_planner_does_not_count() {
    let id = "22222222-bbbb-4bbb-8bbb-222222222222";
    let by_id = approvers(&[("Grace", id, grace().public())]);
    let signed = [document(&grace().signs(&statement()))];
    let mut asked = asked();
    // Nothing says whether that object id is Ada's.
    asked.planner.id = None;
    let judgement = judge(&signed, &by_id, &asked);
    assert_eq!(judgement.refused[0].why, Refusal::PerhapsPlanner);
    // An application is nobody.
    asked.planner.name = "Contoso automation".to_owned();
    asked.planner.application = true;
    assert!(judge(&signed, &by_id, &asked).assurance.is_four_eyes());
    // Nor does a display name say whose sign-in name it is.
    asked.planner.application = false;
    asked.planner.id = Some("11111111-aaaa-4aaa-8aaa-111111111111".to_owned());
    assert!(judge(&signed, &by_id, &asked).assurance.is_four_eyes());
    let judgement = judge(&signed, &known(), &asked);
    assert_eq!(judgement.refused[0].why, Refusal::PerhapsPlanner);
}

#[test]
fn a_strangers_signature_does_not_count() {
    let stranger = Person::new(9).signs(&statement());
    refused_for(&of(&[document(&stranger)], &asked()), &Refusal::UnknownKey);
}

#[test]
fn a_signature_for_another_purpose_does_not_count() {
    for purpose in ["git", "file", "passcode-approval2"] {
        let signed = grace().signs_for(purpose, &statement());
        refused_for(&of(&[document(&signed)], &asked()), &Refusal::OtherPurpose);
    }
}

#[test]
fn a_signature_of_another_statement_does_not_count() {
    let mut other = statement();
    other.title = "Ward 4".to_owned();
    let below_another = joined(&[statement().text().unwrap(), grace().signs(&other)]);
    refused_for(
        &of(&[document(&below_another)], &asked()),
        &Refusal::BadSignature,
    );
    let signer = Minisigner::new();
    let known = approvers(&[("Grace", "grace@contoso.example", signer.public())]);
    let below_another = joined(&[statement().text().unwrap(), signer.signs(&other)]);
    let judgement = judge(&[document(&below_another)], &known, &asked());
    assert_eq!(judgement.refused[0].why, Refusal::BadSignature);
}

#[test]
fn one_person_counts_once() {
    let mut asked = asked();
    asked.needed = 2;
    let mut later = statement();
    later.expires += Duration::HOUR;
    let documents = [
        document(&joined(&[
            grace().signs(&statement()),
            grace().signs(&statement()),
        ])),
        document(&grace().signs(&later)),
    ];
    let (assurance, refused) = of(&documents, &asked);
    assert_eq!(refused, [Refusal::Again, Refusal::Again]);
    assert_eq!(names(&assurance), ["Grace"]);
    assert!(matches!(assurance, Assurance::NotEnough { need: 2, .. }));
    assert!(
        assurance.to_string().starts_with("1 of 2 approvals"),
        "{assurance}"
    );

    // A second person makes two, in one document or in another.
    let both = document(&joined(&[
        grace().signs(&statement()),
        joan().signs(&statement()),
    ]));
    let (assurance, refused) = of(&[both], &asked);
    assert!(assurance.is_four_eyes() && refused.is_empty());
    assert_eq!(names(&assurance), ["Grace", "Joan"]);
    let apart = [
        document(&grace().signs(&statement())),
        document(&joan().signs(&later)),
    ];
    assert!(of(&apart, &asked).0.is_four_eyes());
}

#[test]
fn one_bad_signature_does_not_spoil_a_good_one() {
    let both = joined(&[
        Person::new(9).signs(&statement()),
        grace().signs(&statement()),
    ]);
    let (assurance, refused) = of(&[document(&both)], &asked());
    assert!(assurance.is_four_eyes());
    assert_eq!(refused, [Refusal::UnknownKey]);
}

#[test]
fn any_denial_is_the_last_word() {
    let mut no = statement();
    no.decision = Decision::Deny;
    no.devices = 1;
    no.expires = NOW - Duration::DAY;
    let yes = document(&grace().signs(&statement()));
    // By another person, by the planner, by one who also approved.
    for by in [joan(), ada(), grace()] {
        for documents in [
            vec![document(&by.signs(&no))],
            vec![document(&by.signs(&no)), yes.clone()],
            vec![yes.clone(), document(&by.signs(&no))],
        ] {
            let (assurance, _) = of(&documents, &asked());
            assert!(
                matches!(assurance, Assurance::Denied { .. }),
                "{assurance:?}"
            );
        }
    }
    // A stranger's, or one about something else, is none.
    let stranger = document(&Person::new(9).signs(&no));
    assert!(of(&[yes.clone(), stranger], &asked()).0.is_four_eyes());
    no.subject = "ac".repeat(32);
    let other = document(&joan().signs(&no));
    assert!(of(&[yes, other], &asked()).0.is_four_eyes());
}

#[test]
fn without_a_signature_it_is_a_checksum_or_not_enough() {
    let mut asked = asked();
    let (assurance, _) = of(&[], &asked);
    assert!(matches!(assurance, Assurance::NotEnough { need: 1, .. }));
    asked.needed = 0;
    let (assurance, _) = of(&[], &asked);
    assert_eq!(
        assurance.to_string(),
        "this is a checksum and not four eyes: nobody signed"
    );
    // A signature that nobody asked for is one all the same.
    assert!(
        of(&[document(&grace().signs(&statement()))], &asked)
            .0
            .is_four_eyes()
    );
}

#[test]
fn an_approvers_file_that_could_be_written_makes_a_checksum() {
    let why = "this user owns 'approvers.toml'".to_owned();
    let (assurance, _) = with(|_| (), |a| a.guard = Guard::Writable { why: why.clone() });
    let Assurance::ChecksumOnly {
        approvers,
        why: reasons,
    } = &assurance
    else {
        panic!("{assurance:?}");
    };
    assert_eq!(approvers.len(), 1);
    assert_eq!(reasons, &[Why::ApproversWritable(why.clone())]);
    assert!(
        assurance
            .to_string()
            .starts_with("this is a checksum and not four eyes")
    );
}

#[test]
fn a_planner_who_is_only_claimed_makes_a_checksum() {
    let (assurance, _) = with(|_| (), |a| a.planner.proven = false);
    assert!(
        matches!(&assurance, Assurance::ChecksumOnly { why, .. } if *why == [Why::PlannerClaimed]),
        "{assurance:?}"
    );
}
