//! From an incident to what is said of it.

use std::sync::Arc;

use store::model::finding::{BandPoint, Part};
use store::model::{Evidence, Scope, Severity};

use super::attribution::{Attribution, Change, attribute};
use super::incident::{Incident, Kind};
use super::pulse::Burn;
use super::run::Run;
use super::usual::Usual;
use super::words::{dollars, moment, nano, percent, span};
use crate::detectors::Signal;
use crate::detectors::names::FunctionNo;
use crate::detectors::signal::{Key, Subject};

/// Parts of something wide that are told by name.
const PARTS_MAX: usize = 12;
/// Days of a month.
const MONTH_DAYS: f64 = 30.0;

/// All that is known of an incident.
pub struct Scene<'a> {
    /// The incident.
    pub incident: &'a Incident,
    /// The function, where it is about one.
    pub function: Option<FunctionNo>,
    /// Its name, or that of what is wider: `account 123456789012`.
    pub name: &'a str,
    /// Its departure, where one goes on.
    pub run: Option<&'a Run>,
    /// What the function usually does.
    pub usual: Option<&'a Usual>,
    /// What a new function has spent, dollars and hours.
    pub spent: (f64, f64),
    /// Functions of something wide and what each adds to the change, dollars, the largest first.
    pub members: &'a [(String, f64)],
    /// What is told at least, dollars a day.
    pub minimum: f64,
    /// What everything costs, dollars a day.
    pub all_per_day: f64,
    /// Until when things are known, s since the epoch.
    pub until_s: u32,
}

/// The change in figures.
struct Figures {
    hours: f64,
    actual: f64,
    expected: f64,
    low: f64,
    high: f64,
    /// Excess a day at its pace.
    per_day: f64,
    /// Spend an hour now and as it would be.
    now: f64,
    usual: f64,
}

impl Scene<'_> {
    /// What is said.
    #[must_use]
    pub fn signal(&self) -> Signal {
        let figures = self.figures();
        let attribution = self.attribution(&figures);
        let incident = self.incident;
        let excess = figures.actual - figures.expected;
        let relative = (figures.expected > 0.0).then(|| excess / figures.expected);
        let version = attribution
            .suspects
            .iter()
            .find_map(|s| s.what.strip_prefix("version "));
        let sure = incident.p_value.map_or(0.99, |p| 1.0 - p);
        Signal {
            key: Key {
                kind: incident.kind.name(),
                subject: match (self.function, Scope::parse(&incident.scope)) {
                    (Some(function), _) => Subject::Function(function),
                    (None, scope) => {
                        Subject::Wide(scope.unwrap_or(Scope::Fleet), incident.text.clone())
                    }
                },
                detail: String::new(),
            },
            version: version.unwrap_or_default().to_owned(),
            began_at: nano(incident.began_s),
            detected_at: nano(incident.detected_s),
            severity: self.severity(&figures),
            confidence: sure,
            p_value: incident.p_value,
            title: self.title(&figures),
            sentence: self.sentence(&figures, &attribution),
            relative,
            interval: relative.and(interval(&figures)),
            before: Some(figures.usual),
            after: Some(figures.now),
            unit: "usd/h",
            ms_per_month: None,
            usd_per_month: Some(figures.per_day * MONTH_DAYS),
            evidence: Arc::new(self.evidence(attribution)),
        }
    }

    fn figures(&self) -> Figures {
        if let (Kind::NewSpender, (spent, hours)) = (self.incident.kind, self.spent) {
            let per_hour = spent / hours.max(1.0);
            return Figures {
                hours,
                actual: spent,
                expected: 0.0,
                low: 0.0,
                high: 0.0,
                per_day: per_hour * 24.0,
                now: per_hour,
                usual: 0.0,
            };
        }
        if let (None, Some(burn)) = (self.run, &self.incident.burn) {
            return burning(burn, self.incident.began_s);
        }
        let Some(run) = self.run else {
            let excess: f64 = self.members.iter().map(|(_, usd)| usd).sum();
            let hours = f64::from(self.until_s.saturating_sub(self.incident.began_s)) / 3_600.0;
            return Figures {
                hours,
                actual: excess,
                expected: 0.0,
                low: 0.0,
                high: 0.0,
                per_day: excess * 24.0 / hours.max(6.0),
                now: excess / hours.max(1.0),
                usual: 0.0,
            };
        };
        let last = run.band.last();
        let sum =
            |of: fn(&super::run::Point) -> f32| run.band.iter().map(|p| f64::from(of(p))).sum();
        Figures {
            hours: run.hours.into(),
            actual: run.actual.usd,
            expected: run.expected.usd,
            low: sum(|p| p.low),
            high: sum(|p| p.high),
            per_day: run.pace(),
            now: last.map_or(0.0, |p| p.actual.into()),
            usual: last.map_or(0.0, |p| p.expected.into()),
        }
    }

    fn attribution(&self, figures: &Figures) -> Attribution {
        let (Some(_), Some(usual)) = (self.function, self.usual) else {
            return self.by_function(figures.actual - figures.expected);
        };
        let none = Vec::new();
        let (actual, expected, triggers) = match (self.run, &self.incident.burn) {
            (Some(run), _) => (&run.actual, &run.expected, &run.triggers),
            (None, Some(burn)) => (&burn.actual, &burn.expected, &none),
            (None, None) => return Attribution::default(),
        };
        attribute(&Change {
            expected,
            actual,
            hours: figures.hours,
            triggers,
            usual,
            since_s: self.incident.began_s,
            until_s: self.until_s,
        })
    }

    fn by_function(&self, whole: f64) -> Attribution {
        let mut out = Attribution::default();
        let part = |name: &str, value: f64| Part {
            name: name.to_owned(),
            value,
            unit: "usd".to_owned(),
            note: String::new(),
        };
        let shown = self.members.len().min(PARTS_MAX);
        out.parts.extend(
            self.members[..shown]
                .iter()
                .map(|(name, usd)| part(name, *usd)),
        );
        let rest = whole
            - self.members[..shown]
                .iter()
                .map(|(_, usd)| usd)
                .sum::<f64>();
        if rest.abs() > 1e-9 * whole.abs() {
            out.parts.push(part("all others", rest));
        }
        if let [(first, usd), ..] = self.members
            && whole != 0.0
        {
            let share = percent((usd / whole).clamp(0.0, 1.0));
            out.mainly = format!(
                "{} functions moved together, {first} most of all ({share})",
                self.members.len()
            );
            out.first.clone_from(first);
        }
        out
    }

    fn severity(&self, figures: &Figures) -> Severity {
        let times = figures.per_day.abs() / self.minimum.max(1e-9);
        match (self.incident.kind, times) {
            (Kind::Runaway, _) if figures.per_day >= self.all_per_day => Severity::Critical,
            (Kind::Runaway, _) => Severity::High,
            (Kind::Drop, _) => Severity::Medium,
            (Kind::NewSpender, t) if t < 10.0 => Severity::Low,
            (_, t) if t >= 20.0 => Severity::High,
            (_, t) if t >= 3.0 => Severity::Medium,
            _ => Severity::Low,
        }
    }

    fn title(&self, figures: &Figures) -> String {
        let (name, now) = (self.name, dollars(figures.now));
        let by = match figures.expected > 0.0 {
            true => percent(figures.actual / figures.expected - 1.0),
            false => dollars(figures.actual),
        };
        match self.incident.kind {
            Kind::Spike => format!("{name} costs {by} more than usual"),
            Kind::Step => format!(
                "{name} costs {by} more since {}",
                moment(self.incident.began_s)
            ),
            Kind::Leak => format!("{name} costs more every hour, {by} by now"),
            Kind::Drop => format!("{name} has stopped costing anything"),
            Kind::NewSpender => {
                format!("{name} is new and costs {} a day", dollars(figures.per_day))
            }
            Kind::Runaway => format!("{name} burns {now} an hour"),
        }
    }

    fn sentence(&self, f: &Figures, why: &Attribution) -> String {
        let (name, since) = (self.name, moment(self.incident.began_s));
        let month = dollars(f.per_day.abs() * MONTH_DAYS);
        let excess = dollars((f.actual - f.expected).abs());
        let mut text = match self.incident.kind {
            Kind::Drop => format!(
                "{name} has cost next to nothing since {since}, where {} an hour is usual: nobody calls it any \
                 more, or its telemetry does not arrive; {excess} less so far, {month} a month.",
                dollars(f.usual)
            ),
            Kind::NewSpender => format!(
                "{name} was first seen on {since} and has spent {} in {}: {} a day at this pace, {} of what \
                 everything costs, {month} a month.",
                dollars(f.actual),
                span(f.hours),
                dollars(f.per_day),
                percent(f.per_day / self.all_per_day.max(1e-9)),
            ),
            Kind::Runaway => format!(
                "{name} burns {} an hour since {since}, where at most {} is usual at this hour: {excess} more so \
                 far, {} a day and {month} a month if it goes on.",
                dollars(f.now),
                dollars(f.usual),
                dollars(f.per_day),
            ),
            _ => format!(
                "{name} costs {} an hour where {} is usual, since {since}: {excess} more in {}, {month} a month \
                 at this pace.",
                dollars(f.actual / f.hours.max(1.0)),
                dollars(f.expected / f.hours.max(1.0)),
                span(f.hours),
            ),
        };
        if !why.mainly.is_empty() {
            text.push(' ');
            let mut mainly = why.mainly.clone();
            if let Some(first) = mainly.get_mut(..1) {
                first.make_ascii_uppercase();
            }
            text.push_str(&mainly);
            text.push('.');
        }
        if !why.first.is_empty() {
            text.push_str(&format!(" Look first at {}.", why.first));
        }
        text
    }

    fn evidence(&self, why: Attribution) -> Evidence {
        let mut evidence = Evidence {
            reasons: why.reasons,
            suspects: why.suspects,
            parts: why.parts,
            band_unit: "usd/h".to_owned(),
            advice: advice(self.incident.kind),
            query: self.query(),
            ..Evidence::default()
        };
        if let Some(p) = self.incident.p_value {
            let said = format!(
                "Chance alone departs as far in about {} of looks at a quiet month.",
                percent(p)
            );
            evidence.reasons.push(said);
        }
        evidence.band = match (self.run, &self.incident.burn) {
            (Some(run), _) => run.band.iter().map(BandPoint::from).collect(),
            (None, Some(burn)) => minutes(burn),
            (None, None) => Vec::new(),
        };
        evidence.bound();
        evidence
    }

    /// For people; a name that would have to be escaped is left out.
    fn query(&self) -> String {
        let text = &self.incident.text;
        let place = match Scope::parse(&self.incident.scope) {
            _ if text.contains(['\'', '\\']) => return String::new(),
            Some(Scope::Function) => format!("function_id = '{text}'"),
            Some(Scope::Provider | Scope::Account) => format!("startsWith(function_id, '{text}:')"),
            Some(Scope::Region) => match text.split_once(':') {
                Some((provider, region)) => format!(
                    "splitByChar(':', function_id)[1] = '{provider}' AND splitByChar(':', function_id)[3] = '{region}'"
                ),
                None => return String::new(),
            },
            _ => "1".to_owned(),
        };
        format!(
            "SELECT hour, trigger, version, sum(invocations), sum(billed_ms), sum(billed_mb_ms) FROM usage_1h FINAL \
             WHERE {place} AND hour >= toDateTime({}) GROUP BY ALL ORDER BY hour",
            self.incident.began_s.saturating_sub(7 * 86_400)
        )
    }
}

fn interval(f: &Figures) -> Option<(f64, f64)> {
    (f.low > 0.0 && f.high > 0.0).then(|| (f.actual / f.high - 1.0, f.actual / f.low - 1.0))
}

fn burning(burn: &Burn, began_s: u32) -> Figures {
    let hours = f64::from(burn.hot_s.saturating_sub(began_s) + 60) / 3_600.0;
    Figures {
        hours,
        actual: burn.actual.usd,
        expected: burn.expected.usd,
        low: 0.0,
        high: 0.0,
        per_day: (burn.usd_per_hour - burn.expected.usd / hours.max(1.0 / 60.0)) * 24.0,
        now: burn.usd_per_hour,
        usual: burn.usual_per_hour,
    }
}

fn minutes(burn: &Burn) -> Vec<BandPoint> {
    let point = |(at_s, now, usual): &(u32, f32, f32)| BandPoint {
        at_s: (*at_s).into(),
        actual: Some((*now).into()),
        expected: None,
        low: Some(0.0),
        high: Some((*usual).into()),
    };
    burn.band.iter().map(point).collect()
}

fn advice(kind: Kind) -> Vec<String> {
    let all: &[&str] = match kind {
        Kind::Runaway => &[
            "Limit it now: set its reserved concurrency, disable the trigger or roll the version back.",
            "Look whether it calls itself through a queue, a bucket or a topic.",
        ],
        Kind::Spike => {
            &["If it was meant to be, say \"expected\": its like is not told again for 30 days."]
        }
        Kind::Step => &["It becomes the usual within about a week and is not told again then."],
        Kind::Leak => &[
            "Look for what grows: a table that is read whole, a queue that is read again, retries.",
        ],
        Kind::Drop => &["Look at its callers, its trigger and the exporter's last spans."],
        Kind::NewSpender => &["Set a budget for it, if it is to stay."],
    };
    all.iter().map(|text| (*text).to_owned()).collect()
}
