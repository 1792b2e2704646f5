use super::*;
use crate::testing::{NOW, context, html};
use analyzers::slo::Fraction;
use analyzers::slo::alerts::Reason;
use analyzers::slo::catalogue::{Catalogue, QueriesOf, check};
use analyzers::slo::evaluate::Line;
use analyzers::slo::period::Stretch;
use analyzers::slo::units::Pair;

const HOSTILE: &str = "\"'><script>x()</script>";

fn known(left: i128) -> Known {
    let text = format!(
        "apiVersion: openslo/v1\nkind: SLO\nmetadata: {{name: shop, displayName: {}}}\nspec:\n  service: shop\n  \
         timeWindow: [{{duration: 30d, isRolling: true}}]\n  budgetingMethod: Occurrences\n  \
         objectives: [{{target: 0.99}}]\n  indicator:\n    metadata: {{name: i}}\n    spec: {{ratioMetric: \
         {{rawType: success, raw: {{metricSource: {{type: nephoscope, spec: {{indicator: availability}}}}}}}}}}\n",
        serde_json::Value::from(HOSTILE)
    );
    let entries = check("shop", &text, QueriesOf::Nobody).expect("an SLO");
    let minute = NOW.as_secs() / 60;
    let row = Row {
        entry: 0,
        group: HOSTILE.to_owned(),
        line: Line {
            minute,
            sli: Some(Fraction::new(995, 1_000)),
            budget_remaining: Some(Fraction::new(left, 100)),
            burn: std::array::from_fn(|_| Some(Fraction::new(2, 1))),
            alerts: vec![(false, Reason::Calm); 4],
        },
        events: Pair {
            bad: 5,
            total: 1_000,
        },
        hour_bad: 5,
        so_far: Stretch {
            begin: minute - 43_200,
            end: minute,
        },
        period_minutes: 43_200,
        open: None,
    };
    Known {
        catalogue: Catalogue {
            entries,
            faults: Vec::new(),
        },
        rows: vec![row],
        minute,
    }
}

#[test]
fn the_list_says_how_budgets_stand_and_every_hostile_text_is_text() {
    let ctx = context("/slos", "");
    let page = html(&ctx, reply(&ctx, &known(50), Vec::new())).replace('\u{a0}', " ");
    for words in [
        "The error budget is within",
        "99.5 %",
        "50 %",
        "2×",
        "healthy",
        "7.5 days",
    ] {
        assert!(page.contains(words), "{words}\n{page}");
    }
    assert!(page.contains("&lt;script&gt;"), "{page}");
    let spent = html(&ctx, reply(&ctx, &known(-20), Vec::new())).replace('\u{a0}', " ");
    assert!(
        spent.contains("−20 %") && spent.contains("1 error budget is spent"),
        "{spent}"
    );
}

#[test]
fn without_any_slo_the_page_proposes_some() {
    let ctx = context("/slos", "");
    let none = Known {
        catalogue: Catalogue::default(),
        rows: Vec::new(),
        minute: 0,
    };
    let proposal = Proposal {
        name: "a".to_owned(),
        function_id: String::new(),
        reason: HOSTILE.to_owned(),
        text: HOSTILE.to_owned(),
    };
    let page = html(&ctx, reply(&ctx, &none, vec![proposal]));
    assert!(page.contains("No service level objective yet") && page.contains("proposed:"));
    assert_eq!(page.matches("<textarea").count(), 2);
}
