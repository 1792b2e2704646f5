//! The page over use made by hand.

use super::*;
use crate::testing::{NOW, context, html, lambda_usage};

fn known(usage: Vec<Usage>) -> Known {
    let day = |(i, row): (usize, &Usage)| GroupDay {
        key: String::new(),
        day_s: row.from_s + u32::try_from(i).expect("few") * 86_400,
        place: row.function_id.clone(),
        platform: row.platform.clone(),
        plan: row.plan.clone(),
        architecture: row.architecture.clone(),
        memory_mb: row.memory_mb,
        vcpu_milli: row.vcpu_milli,
        init_kind: row.init_kind.clone(),
        invocations: row.invocations,
        billed_ms: row.billed_ms,
        billed_mb_ms: row.billed_mb_ms,
    };
    Known {
        days: usage.iter().enumerate().map(day).collect(),
        usage,
        before: Vec::new(),
        tags: Tags::new(),
        tag_keys: vec!["team".to_owned(), "<script>tag()</script>".to_owned()],
        days_before: Vec::new(),
        marks: Vec::new(),
    }
}

fn shown(query: &str, known: &Known) -> String {
    let ctx = context("/costs", query);
    let asked = Asked::read(&ctx).expect("a request");
    let books = asked.what_if.books(&ctx.app.books).expect("books");
    let usage = asked.what_if.usage(known.usage.clone());
    let now_s = NOW.as_secs();
    let ledger = Ledger::of(&books, usage, asked.month, now_s);
    let part = asked
        .of
        .as_ref()
        .map(|of| part(&books, &ledger, &asked, known, of, now_s));
    let by = asked.rows_by();
    let spent = part.as_ref().map_or(&ledger.spent, |part| &part.spent);
    let mut groups = group::groups(spent, &by, &known.tags);
    group::sort(&mut groups, &by, asked.sort, asked.ascending);
    let laid = Laid {
        books: &books,
        ledger: &ledger,
        part: part.as_ref(),
        groups: &groups,
        start: 0,
        end: groups.len(),
        sparks: &HashMap::new(),
    };
    html(&ctx, reply(&ctx, &asked, known, &laid)).replace('\u{a0}', " ")
}

fn hostile() -> Usage {
    Usage {
        function_id: "aws:<b>1</b>:\"><script>region()</script>:<img src=x onerror=alert(1)>"
            .into(),
        version: "<script>version()</script>".into(),
        trigger: "'><img src=x>".into(),
        ..lambda_usage("x", 5_000, 100, 512)
    }
}

#[test]
fn the_bill_of_a_month_is_the_sum_of_its_lines_and_every_figure_has_its_proof() {
    let known = known(vec![
        lambda_usage("checkout", 3_000_000, 1_000, 512),
        lambda_usage("resize", 100, 100, 128),
    ]);
    let page = shown("", &known);
    assert!(page.contains("November so far: <a"), "{page}");
    assert!(
        page.contains("$18.73") && page.contains("after free grants"),
        "{page}"
    );
    assert!(
        page.contains("1,100,001.25 GB-s at $0.0000166667 per GB-s"),
        "{page}"
    );
    assert!(page.contains("FROM usage_1mo"), "the query");
    assert!(
        page.contains("href=\"/costs/aws:123456789012:us-east-1:checkout"),
        "{page}"
    );
    assert!(
        page.contains("of=aws:123456789012:us-east-1:resize#bill"),
        "{page}"
    );
}

#[test]
fn hostile_names_stay_text_in_every_grouping() {
    let known = known(vec![hostile()]);
    for by in [
        "function", "version", "provider", "account", "region", "trigger", "tag:<x>",
    ] {
        let page = shown(&format!("by={}", by.replace('<', "%3C")), &known);
        assert!(
            !page.contains("<script>region") && !page.contains("<img"),
            "{by}"
        );
    }
}

#[test]
fn one_group_is_shown_by_itself_before_grants() {
    let known = known(vec![
        lambda_usage("checkout", 3_000_000, 1_000, 512),
        lambda_usage("resize", 100, 100, 128),
    ]);
    let page = shown("by=function&of=aws:123456789012:us-east-1:checkout", &known);
    assert!(
        page.contains("What checkout is charged for") && page.contains("$25.60"),
        "{page}"
    );
    assert!(page.contains("Costs by version"), "{page}");
    let nobody = shown("by=region&of=", &known);
    assert!(
        nobody.contains("Nothing that has a price was used"),
        "{nobody}"
    );
}

#[test]
fn what_has_no_price_is_said_and_not_priced_with_nothing() {
    let other = Usage {
        function_id: "hetzner:::job".into(),
        platform: "knative".into(),
        ..lambda_usage("job", 77, 100, 512)
    };
    let page = shown(
        "",
        &known(vec![lambda_usage("checkout", 3_000_000, 1_000, 512), other]),
    );
    assert!(
        page.contains("77 invocations are not fully priced."),
        "{page}"
    );
    assert!(page.contains("no price book prices"), "{page}");
}

#[test]
fn a_month_without_use_says_so() {
    let page = shown("month=2026-02", &known(Vec::new()));
    assert!(page.contains("Nothing ran in February"), "{page}");
}

#[test]
fn other_terms_are_told_beside_the_bill_as_it_is() {
    let known = known(vec![lambda_usage("checkout", 3_000_000, 1_000, 512)]);
    let page = shown("if=no-free-tier", &known);
    assert!(
        page.contains("Without free grants it would be $25.60 instead of $18.73: $6.87 more."),
        "{page}"
    );
}
