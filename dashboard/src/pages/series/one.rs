//! One metric over time, by attribute set.

use serde::Serialize;
use sha2::{Digest, Sha256};
use store::read::series::{self, ExemplarPoint, Kind, MAX_POINTS, MetricKey, MetricRow};

use super::kind_name;
use super::lines::{Grid, Set};
use super::one_charts::{chart, counts_chart, sentence};
use crate::format;
use crate::metrics::{AttributeSet, exp_histogram, growth, histogram};
use crate::pages::deploys::marks::marks;
use crate::parts::chart::{ChartView, Mark};
use crate::web::frame::Frame;
use crate::web::link::function_path;
use crate::web::{Context, Format, PageError, Reply, Table};

/// Buckets of the charts.
const BUCKETS: u32 = 100;

/// Lines of a chart; more cannot be told apart.
pub(super) const MAX_LINES: usize = 8;

/// Rows of the table of attribute sets.
const MAX_SETS: usize = 100;

pub(super) const COLOURS: [&str; MAX_LINES] = [
    "l-s1", "l-s2", "l-s3", "l-s4", "l-s5", "l-s6", "l-s7", "l-s8",
];

#[derive(Serialize)]
struct SetView {
    class: &'static str,
    name: String,
    pairs: Vec<(String, String)>,
    href: String,
    chosen: bool,
    figures: Vec<String>,
}

#[derive(Serialize)]
struct MetricPageView {
    facts: Vec<(&'static str, String)>,
    description: String,
    chart: ChartView,
    counts: Option<ChartView>,
    heads: Vec<String>,
    sets: Vec<SetView>,
    sets_note: String,
    all_href: String,
    list_href: String,
    function: String,
    function_href: String,
}

pub(super) struct Known {
    pub(super) row: MetricRow,
    pub(super) kind: Kind,
    pub(super) key: MetricKey,
    pub(super) sets: Vec<Set>,
    pub(super) exemplars: Vec<ExemplarPoint>,
    pub(super) step_s: u32,
    pub(super) full: bool,
    /// What a value of a line means, after its unit: `per minute`.
    pub(super) per: &'static str,
    /// Deploys of its function, or of all for a service's.
    pub(super) marks: Vec<Mark>,
}

pub(super) async fn page(ctx: &Context) -> Result<Reply, PageError> {
    let key = MetricKey {
        function: ctx.params.text("function"),
        service: ctx.params.text("service"),
        name: ctx.params.text("metric"),
    };
    let rows = series::list(ctx.store(), ctx.window(), &key.function, &key.name).await?;
    let wanted = ctx.params.get("kind");
    let row = rows.into_iter().find(|row| {
        row.name == key.name
            && (!key.function.is_empty() || row.function_id.is_empty())
            && (key.service.is_empty() || row.service_name == key.service)
            && wanted.is_none_or(|kind| row.kind == kind)
    });
    let row = row.ok_or_else(|| not_found(ctx, &key))?;
    let known = ask(ctx, row, key).await?;
    if ctx.format != Format::Html {
        return Ok(Reply::Table(table(ctx, &known)));
    }
    reply(ctx, &known)
}

fn reply(ctx: &Context, known: &Known) -> Result<Reply, PageError> {
    let view = view(ctx, known, ctx.params.get("set"));
    let frame = Frame::new(
        ctx,
        format::bounded(&known.row.name, 90),
        sentence(ctx, known),
    )
    .with_crumb(
        "Metrics",
        ctx.link("/series", &[("function", &known.key.function)]),
    );
    Reply::page("series/one.html", frame, &view)
}

fn not_found(ctx: &Context, key: &MetricKey) -> PageError {
    PageError::NotFound {
        what: format!(
            "No point of the metric {} was reported in {}.",
            format::bounded(&key.name, 120),
            ctx.range.phrase()
        ),
        help: "Choose a longer time, or look for it in the list of metrics.".to_owned(),
    }
}

async fn ask(ctx: &Context, row: MetricRow, key: MetricKey) -> Result<Known, PageError> {
    let kind = Kind::parse(&row.kind).unwrap_or(Kind::Gauge);
    let step_s = ctx.range.step_s(BUCKETS);
    let window = ctx.range.aligned(step_s);
    let counter = kind == Kind::Sum && row.monotonic;
    // Counts read best by the minute, amounts with a unit of their own by the second.
    let counted = matches!(row.unit.as_str(), "" | "1") || row.unit.starts_with('{');
    let (per, per_s) = match (counter, counted) {
        (false, _) => ("", None),
        (true, true) => ("per minute", Some(60.0)),
        (true, false) => ("per second", Some(1.0)),
    };
    let points = read_points(ctx, kind, per_s, &key, step_s);
    let exemplars = async {
        // Growth and sums have another measure than the single values they are made of.
        if matches!(kind, Kind::Sum | Kind::Summary) {
            return Ok(Vec::new());
        }
        Ok(series::exemplars(ctx.store(), window, &key).await?)
    };
    let marks = marks(ctx, window, &key.function);
    let ((sets, full), exemplars, marks) = tokio::try_join!(points, exemplars, marks)?;
    let mut known = Known {
        row,
        kind,
        sets,
        exemplars,
        step_s,
        full,
        per,
        marks,
        key: key.clone(),
    };
    // The largest first: what matters is in the chart, the rest in the table.
    let weight = |set: &Set| {
        if set.counts.is_empty() {
            set.extent().map_or(0.0, |(_, high)| high.abs())
        } else {
            set.count()
        }
    };
    known.sets.sort_by(|a, b| weight(b).total_cmp(&weight(a)));
    Ok(known)
}

/// The lines of a metric, and whether a limit cut its points. With `per_s` a sum is a counter,
/// drawn by its growth in that many seconds.
async fn read_points(
    ctx: &Context,
    kind: Kind,
    per_s: Option<f64>,
    key: &MetricKey,
    step_s: u32,
) -> Result<(Vec<Set>, bool), PageError> {
    let window = ctx.range.aligned(step_s);
    let grid = Grid::new(&ctx.range.buckets(step_s));
    let (store, from_ns) = (ctx.store(), window.from.0);
    let full = |n: usize| n >= MAX_POINTS as usize;
    let (cut, sets) = match kind {
        Kind::Gauge => {
            let points = series::gauge(store, window, key, false, step_s).await?;
            (full(points.len()), grid.gauges(points))
        }
        Kind::Sum if per_s.is_some() => {
            let points = series::sum(store, window, key, step_s).await?;
            let cut = full(points.len());
            let grown = growth::growth(growth::of_sum(points), from_ns);
            (cut, grid.rates(grown, step_s, per_s.unwrap_or(1.0)))
        }
        Kind::Sum => {
            let points = series::gauge(store, window, key, true, step_s).await?;
            (full(points.len()), grid.gauges(points))
        }
        Kind::Histogram => {
            let points = series::histogram(store, window, key, step_s).await?;
            let cut = full(points.len());
            let grown = growth::growth(histogram::readings(points), from_ns);
            (cut, grid.distributions(grown))
        }
        Kind::ExpHistogram => {
            let points = series::exp_histogram(store, window, key, step_s).await?;
            let cut = full(points.len());
            let grown = growth::growth(exp_histogram::readings(points), from_ns);
            (cut, grid.distributions(grown))
        }
        Kind::Summary => {
            let points = series::summary(store, window, key, step_s).await?;
            (full(points.len()), grid.summaries(points))
        }
    };
    Ok((sets, cut))
}

impl Known {
    pub(super) fn is_distribution(&self) -> bool {
        matches!(
            self.kind,
            Kind::Histogram | Kind::ExpHistogram | Kind::Summary
        )
    }

    pub(super) fn write(&self, value: Option<f64>) -> String {
        value.map_or_else(
            || format::UNKNOWN.to_owned(),
            |v| format::with_unit(v, &self.row.unit),
        )
    }
}

/// Names an attribute set in links: a hash, since it may be long and hostile.
fn set_id(attributes: &AttributeSet) -> String {
    let mut hash = Sha256::new();
    for (key, value) in attributes {
        // Lengths keep `a=bc` and `ab=c` apart.
        hash.update(key.len().to_be_bytes());
        hash.update(key);
        hash.update(value.len().to_be_bytes());
        hash.update(value);
    }
    hex::encode(&hash.finalize()[..8])
}

pub(super) fn set_name(attributes: &AttributeSet) -> String {
    if attributes.is_empty() {
        return "no attributes".to_owned();
    }
    let pairs: Vec<String> = attributes
        .iter()
        .map(|(key, value)| {
            format!(
                "{} {}",
                format::bounded(key, 40),
                format::bounded(value, 40)
            )
        })
        .collect();
    format::bounded(&pairs.join(", "), 120)
}

fn view(ctx: &Context, known: &Known, chosen: Option<&str>) -> MetricPageView {
    let is_chosen = |set: &Set| chosen.is_some_and(|id| id == set_id(&set.attributes));
    let any_chosen = known.sets.iter().any(is_chosen);
    let drawn: Vec<(usize, &Set)> = known
        .sets
        .iter()
        .enumerate()
        .filter(|(_, set)| !any_chosen || is_chosen(set))
        .take(if known.is_distribution() {
            1
        } else {
            MAX_LINES
        })
        .collect();
    let function = known
        .row
        .function_id
        .parse::<store::model::FunctionId>()
        .ok();
    MetricPageView {
        facts: facts(ctx, known),
        description: format::bounded(&known.row.description, 400),
        chart: chart(ctx, known, &drawn),
        counts: (!known.sets.iter().all(|set| set.counts.is_empty()))
            .then(|| counts_chart(ctx, known, &drawn)),
        heads: heads(known),
        sets: known
            .sets
            .iter()
            .take(MAX_SETS)
            .enumerate()
            .map(|(i, set)| set_view(ctx, known, i, set, is_chosen(set)))
            .collect(),
        sets_note: if known.sets.len() > MAX_SETS {
            format!(
                "the largest {MAX_SETS} of {}",
                format::count(known.sets.len() as u64)
            )
        } else {
            String::new()
        },
        all_href: if any_chosen {
            ctx.here(&[("set", "")])
        } else {
            String::new()
        },
        list_href: ctx.link("/series", &[("function", &known.key.function)]),
        function: function
            .as_ref()
            .map_or(String::new(), |id| format::bounded(&id.name, 60)),
        function_href: function.map_or(String::new(), |_| {
            ctx.link(&function_path(&known.row.function_id), &[])
        }),
    }
}

fn facts(ctx: &Context, known: &Known) -> Vec<(&'static str, String)> {
    let row = &known.row;
    let temporality = match row.temporality {
        1 => "delta",
        2 => "cumulative",
        _ => "",
    };
    [
        ("Kind", kind_name(known.kind, row.monotonic).to_owned()),
        ("Unit", format::unit_name(&row.unit)),
        ("Temporality", temporality.to_owned()),
        ("Service", format::bounded(&row.service_name, 60)),
        ("Attribute sets", format::count(row.attribute_sets)),
        ("Senders", format::count(row.instances)),
        ("Points", format::count(row.points)),
        ("Last point", format::ago(ctx.now_ms(), row.last_ms)),
    ]
    .into_iter()
    .filter(|(_, value)| !value.is_empty())
    .collect()
}

fn heads(known: &Known) -> Vec<String> {
    let plain = |names: &[&str]| names.iter().map(|n| (*n).to_owned()).collect();
    match known.kind {
        Kind::Histogram | Kind::ExpHistogram => plain(&["Observed", "p50", "p95", "p99"]),
        Kind::Summary => known.sets.first().map_or(Vec::new(), |set| {
            set.levels
                .iter()
                .map(|level| quantile_name(*level))
                .collect()
        }),
        _ => plain(&["Last", "Least", "Most"]),
    }
}

pub(super) fn quantile_name(level: f64) -> String {
    match level {
        l if l <= 0.0 => "least".to_owned(),
        l if l >= 1.0 => "most".to_owned(),
        l => format!("p{}", format::number(l * 100.0)),
    }
}

fn set_view(ctx: &Context, known: &Known, i: usize, set: &Set, chosen: bool) -> SetView {
    let figures = match known.kind {
        Kind::Histogram | Kind::ExpHistogram => {
            let quantiles = set.overall.iter().map(|value| known.write(*value));
            std::iter::once(format::number(set.count()))
                .chain(quantiles)
                .collect()
        }
        Kind::Summary => {
            let last = |line: &Vec<Option<f64>>| line.iter().rev().flatten().next().copied();
            set.lines
                .iter()
                .map(|line| known.write(last(line)))
                .collect()
        }
        _ => {
            let extent = set.extent();
            [set.last(), extent.map(|e| e.0), extent.map(|e| e.1)]
                .into_iter()
                .map(|value| known.write(value))
                .collect()
        }
    };
    SetView {
        class: if known.is_distribution() {
            ""
        } else {
            COLOURS.get(i).copied().unwrap_or("")
        },
        name: set_name(&set.attributes),
        pairs: set
            .attributes
            .iter()
            .take(16)
            .map(|(k, v)| (format::bounded(k, 60), format::bounded(v, 90)))
            .collect(),
        href: ctx.here(&[("set", &set_id(&set.attributes))]),
        chosen,
        figures,
    }
}

fn table(ctx: &Context, known: &Known) -> Table {
    let mut table = Table::new(
        "points",
        &[
            "bucket_start_s",
            "attributes",
            "quantile",
            "value",
            "unit",
            "observed",
        ],
    );
    let buckets = ctx.range.buckets(known.step_s);
    let unit = if known.per.is_empty() {
        known.row.unit.clone()
    } else {
        format!("{} {}", known.row.unit, known.per)
    };
    for set in &known.sets {
        let map = set
            .attributes
            .iter()
            .map(|(k, v)| (k.clone(), serde_json::json!(v)));
        let attributes = serde_json::Value::Object(map.collect()).to_string();
        for (j, line) in set.lines.iter().enumerate() {
            for (i, value) in line.iter().enumerate().filter(|(_, value)| value.is_some()) {
                table.row(vec![
                    buckets[i].into(),
                    attributes.as_str().into(),
                    set.levels.get(j).copied().into(),
                    (*value).into(),
                    unit.as_str().into(),
                    set.counts.get(i).copied().flatten().into(),
                ]);
            }
        }
    }
    table.truncated(known.full)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{context, html};

    fn known(kind: Kind, levels: &[f64]) -> Known {
        let hostile = "</td><script>x()</script>".to_owned();
        let line = vec![Some(1.0), None, Some(3.0)];
        let lines = levels.len().max(1);
        Known {
            row: MetricRow {
                kind: kind.as_str().to_owned(),
                function_id: "aws:1:eu:<img src=x>".to_owned(),
                service_name: hostile.clone(),
                name: hostile.clone(),
                unit: "s".to_owned(),
                description: hostile.clone(),
                temporality: 2,
                monotonic: true,
                points: 3,
                attribute_sets: 1,
                instances: 1,
                last_ms: 0,
                last_value: 3.0,
            },
            marks: Vec::new(),
            kind,
            key: MetricKey::default(),
            sets: vec![Set {
                attributes: vec![("<k>".to_owned(), hostile)],
                lines: vec![line; lines],
                levels: levels.to_vec(),
                counts: if levels.is_empty() {
                    Vec::new()
                } else {
                    vec![Some(5.0)]
                },
                overall: levels.iter().map(|_| Some(2.0)).collect(),
            }],
            exemplars: vec![ExemplarPoint {
                at_ms: 1_795_436_000_000,
                value: 2.0,
                trace_id: "\"><script>".to_owned(),
            }],
            step_s: 120,
            full: false,
            per: "",
        }
    }

    #[test]
    fn a_hostile_metric_of_any_kind_is_text() {
        let ctx = context("/series", "metric=x");
        for (kind, levels) in [
            (Kind::Gauge, &[][..]),
            (Kind::Sum, &[]),
            (Kind::Histogram, &[0.5, 0.95, 0.99]),
            (Kind::ExpHistogram, &[0.5, 0.95, 0.99]),
            (Kind::Summary, &[0.5, 0.9]),
        ] {
            let page = html(&ctx, reply(&ctx, &known(kind, levels)));
            assert!(
                page.contains("2\u{a0}s") || page.contains("3\u{a0}s"),
                "{kind:?}: {page}"
            );
            assert!(page.contains("&lt;script&gt;x()"), "{kind:?}");
        }
    }

    #[test]
    fn attribute_sets_are_told_apart_in_links() {
        let set = |k: &str, v: &str| vec![(k.to_owned(), v.to_owned())];
        assert_ne!(set_id(&set("a", "bc")), set_id(&set("ab", "c")));
        assert_eq!(set_id(&set("a", "b")).len(), 16);
        assert_eq!(set_name(&Vec::new()), "no attributes");
        assert_eq!(set_name(&set("http.route", "/a")), "http.route /a");
    }

    #[test]
    fn quantiles_are_called_as_people_call_them() {
        assert_eq!(quantile_name(0.5), "p50");
        assert_eq!(quantile_name(0.999), "p99.9");
        assert_eq!(quantile_name(0.0), "least");
        assert_eq!(quantile_name(1.0), "most");
    }
}
