//! Findings as people and programs see them: the list, a page for each, and what is said of them.

pub mod seed;

use store::findings;
use store::model::{FeedbackVerdict, Finding, Severity, UnixNano};

use self::seed::{HOSTILE, IDS};
use crate::harness::{Answer, Product, get, post, request};

const FUNCTION: &str = "aws:123456789012:eu-central-1:checkout";

#[tokio::test]
async fn findings_are_listed_shown_and_answered() {
    let product = Product::start(&[]).await;
    let base = product.dashboard.clone();
    let store = product.store();
    let empty = page(&format!("{base}/findings")).await;
    assert!(empty.contains("Nothing was found yet"), "{empty}");
    seed::write(&store, FUNCTION).await;

    let list = page(&format!("{base}/findings")).await;
    assert!(list.contains("5 findings are open: "), "{list}");
    assert!(!list.contains(HOSTILE) && list.contains("&lt;script&gt;alert(1)"));
    let held = page(&format!("{base}/findings?state=held")).await;
    assert!(
        held.contains("after 3 findings of it within 30 days"),
        "{held}"
    );
    let worst = position(&list, "12 % of invocations of checkout fail");
    assert!(worst < position(&list, "Cold starts of checkout are 44 % slower"));

    of_programs(&base).await;
    for id in IDS {
        let one = page(&format!("{base}/findings/{id}")).await;
        assert!(
            one.contains("chart-plot") || one.contains("class=\"strip"),
            "{id}: {one}"
        );
    }
    let regression = page(&format!("{base}/findings/{}", IDS[0])).await;
    // The regression and the cost; the operation is a plain fact.
    assert!(
        regression.contains("2 findings by chance told within 30 days, 1 held back"),
        "{regression}"
    );
    unknown_ones(&base).await;
    answers(&base, &store).await;
    // The overview tells of them a few seconds after, for pages ask every five.
    crate::harness::wait_for("the overview to tell of open findings", async || {
        let overview = page(&format!("{base}/")).await;
        overview
            .contains("findings</a> are open, the worst")
            .then_some(())
    })
    .await;
}

async fn of_programs(base: &str) {
    let json = get(&format!("{base}/api/v1/findings?state=all"))
        .await
        .json();
    let rows = json["findings"].as_array().expect("rows");
    assert_eq!(rows.len(), 7, "{json}");
    assert_eq!(rows[0]["severity"], "critical");
    let csv = get(&format!("{base}/findings.csv?kind=regressions"))
        .await
        .text();
    assert_eq!(
        csv.trim_end().lines().count(),
        3,
        "a header and two open ones: {csv}"
    );
    let one = get(&format!("{base}/api/v1/findings/{}", IDS[0]))
        .await
        .json();
    assert_eq!(one["findings"][0]["usd_per_month"], "41");
    assert_eq!(
        one["evidence"]["suspects"][0]["what"],
        "memory 512 → 256 MiB"
    );
}

async fn unknown_ones(base: &str) {
    for (id, status) in [
        ("0000000000000000", 404),
        ("00000000000000A1", 400),
        ("a1", 400),
        ("%27%20OR%201%3D1", 400),
    ] {
        let answer = get(&format!("{base}/findings/{id}")).await;
        assert_eq!(answer.status, status, "{id}: {}", answer.text());
        let answer = said(base, id, "{\"verdict\":\"useful\"}").await;
        assert_eq!(answer.status, status, "{id}: {}", answer.text());
    }
}

async fn said(base: &str, id: &str, body: &str) -> Answer {
    let url = format!("{base}/api/v1/findings/{id}/feedback");
    post(&url, "application/json", body).await
}

/// By form and by program, each in the place of what was said before.
async fn answers(base: &str, store: &store::Store) {
    let form = format!("{base}/findings/{}/feedback", IDS[0]);
    let body = "verdict=expected&note=a+sale+%3Cb%3E&given_by=Ada";
    let answer = post(&form, "application/x-www-form-urlencoded", body).await;
    assert_eq!(answer.status, 303, "{}", answer.text());
    let known = findings::feedback(store, UnixNano(0))
        .await
        .expect("feedback");
    assert_eq!(known.len(), 1);
    assert_eq!(
        (known[0].verdict, known[0].relative),
        (FeedbackVerdict::Expected, Some(0.44))
    );
    assert_eq!(
        (known[0].subject.as_str(), known[0].note.as_str()),
        (FUNCTION, "a sale <b>")
    );
    let one = page(&format!("{base}/findings/{}", IDS[0])).await;
    assert!(
        one.contains("<b>Called expected</b>") && one.contains("a sale &lt;b&gt;"),
        "{one}"
    );

    let back = said(base, IDS[0], "{\"verdict\":\"withdrawn\"}").await;
    assert_eq!(back.status, 200, "{}", back.text());
    assert!(
        back.json()["does"]
            .as_str()
            .expect("words")
            .contains("taken back")
    );
    let known = findings::feedback(store, UnixNano(0))
        .await
        .expect("feedback");
    assert!(known.is_empty(), "taken back: {known:?}");
    for bad in [
        "{\"verdict\":\"closed\"}",
        "not JSON",
        "{\"verdict\":\"useful\",\"x\":1}",
    ] {
        let answer = said(base, IDS[0], bad).await;
        assert_eq!(answer.status, 400, "{bad}: {}", answer.text());
        assert!(answer.json()["next"].is_string());
    }
    let foreign = [("sec-fetch-site", "cross-site")];
    let answer = request("POST", &form, &foreign, body.as_bytes().to_vec()).await;
    assert_eq!(answer.status, 403, "another site says nothing");
}

/// Not a bound on time, which a busy machine would break: the pages stay whole with as many findings as
/// are ever read, and say what they took.
#[tokio::test]
async fn two_thousand_findings_are_listed_by_the_page() {
    let product = Product::start(&[]).await;
    let (base, store) = (product.dashboard.clone(), product.store());
    seed::write(&store, FUNCTION).await;
    let pattern = findings::one(&store, IDS[1])
        .await
        .expect("read")
        .expect("one");
    let many: Vec<Finding> = (0..2_000_u32)
        .map(|i| Finding {
            id: format!("{i:016x}"),
            severity: Severity::ALL[(i % 5) as usize],
            subject: format!("aws:123456789012:eu-central-1:f{}", i % 400),
            function_id: format!("aws:123456789012:eu-central-1:f{}", i % 400),
            micro_usd_per_month: Some(i64::from(i)),
            ..pattern.clone()
        })
        .collect();
    findings::write(&store, &many, store::clock::now())
        .await
        .expect("written");
    for path in [
        "/findings",
        "/findings/00000000000000a2",
        "/",
        "/functions",
        "/costs",
    ] {
        let url = format!("{base}{path}");
        let html = page(&url).await;
        assert!(
            html.contains(">2,0") || html.contains("2,000"),
            "{path} counts them: {html}"
        );
    }
    let list = page(&format!("{base}/findings?page=40")).await;
    assert!(
        list.contains("of 2000") || list.contains("of 2,000"),
        "{list}"
    );
}

async fn page(url: &str) -> String {
    let answer = get(url).await;
    assert_eq!(answer.status, 200, "{url}: {}", answer.text());
    answer.text().replace('\u{a0}', " ")
}

fn position(text: &str, words: &str) -> usize {
    // Behind the opening sentence, which names the worst ones as well.
    let list = text.find("class=\"found\"").expect("a list");
    list + text[list..]
        .find(words)
        .unwrap_or_else(|| panic!("{words} in {text}"))
}
