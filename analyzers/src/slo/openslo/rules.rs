//! What the specification demands beyond names and types. A broken rule says where, and what to write.

use super::any::Any;
use super::shape::{
    AlertCondition, AlertNotificationTarget, AlertPolicy, Kind, Metadata, MetricSource, Named,
    Object, Sli,
};

mod slo;

pub(super) use slo::compared;

/// A rule that does not hold, and for which part of the object.
#[derive(Debug)]
pub(super) struct Broken {
    pub path: Vec<String>,
    pub reason: String,
}

pub(super) type Checked = Result<(), Broken>;

/// A part of an object.
#[derive(Clone, Default)]
pub(super) struct Path(Vec<String>);

impl Path {
    pub(super) fn to(&self, part: impl ToString) -> Self {
        let mut path = self.0.clone();
        path.push(part.to_string());
        Self(path)
    }

    pub(super) fn parts(&self) -> &[String] {
        &self.0
    }

    pub(super) fn broken(&self, reason: impl Into<String>) -> Broken {
        Broken {
            path: self.0.clone(),
            reason: reason.into(),
        }
    }

    pub(super) fn must(&self, holds: bool, reason: impl Into<String>) -> Checked {
        match holds {
            true => Ok(()),
            false => Err(self.broken(reason)),
        }
    }
}

const DESCRIPTION_CHARS_MAX: usize = 1050;
const NAME_CHARS_MAX: usize = 63;
const PREFIX_CHARS_MAX: usize = 253;

/// Checks one object by itself; what it refers to is looked up by [`super::Library`].
pub(super) fn check(object: &Object) -> Checked {
    let path = Path::default();
    metadata(&path.to("metadata"), object.metadata())?;
    let spec = path.to("spec");
    match object {
        Object::DataSource(Named { spec: source, .. }) => {
            description(&spec, source.description.as_deref())?;
            filled(&spec.to("type"), &source.r#type)?;
            let details = spec.to("connectionDetails");
            details.must(
                !source.connection_details.is_empty(),
                "`connectionDetails` is empty",
            )
        }
        Object::Service(Named { spec: service, .. }) => {
            description(&spec, service.description.as_deref())
        }
        Object::Sli(named) => sli(&spec, &named.spec),
        Object::Slo(named) => slo::check(&spec, &named.spec),
        Object::AlertPolicy(named) => policy(&spec, &named.spec),
        Object::AlertCondition(named) => condition(&spec, &named.spec),
        Object::AlertNotificationTarget(named) => target(&spec, &named.spec),
    }
}

fn metadata(path: &Path, metadata: &Metadata) -> Checked {
    label(&path.to("name"), &metadata.name)?;
    if let Some(name) = &metadata.display_name {
        let fits = name.chars().count() <= NAME_CHARS_MAX;
        path.to("displayName").must(
            fits,
            format!("`displayName` has at most {NAME_CHARS_MAX} characters"),
        )?;
    }
    for key in metadata.labels.keys() {
        let reason = format!("`{}` is no name of a label: {WORD}", shown(key));
        path.to("labels").to(key).must(is_word(key), reason)?;
    }
    for key in metadata.annotations.keys() {
        let (prefix, name) = key.split_once('/').unwrap_or(("", key));
        let domain = prefix.len() <= PREFIX_CHARS_MAX && prefix.split('.').all(is_label);
        let sound = is_word(name) && (domain || !key.contains('/'));
        let reason = format!(
            "`{}` is no name of an annotation: {WORD}, after a domain and `/` if you like",
            shown(key)
        );
        path.to("annotations").to(key).must(sound, reason)?;
    }
    Ok(())
}

const WORD: &str = "up to 63 of a-z, A-Z, 0-9, `-`, `_`, `.`, with a letter or digit at both ends";

fn is_word(text: &str) -> bool {
    let end = |c: char| c.is_ascii_alphanumeric();
    text.len() <= NAME_CHARS_MAX
        && text.starts_with(end)
        && text.ends_with(end)
        && text.chars().all(|c| end(c) || matches!(c, '-' | '_' | '.'))
}

/// RFC 1123.
fn is_label(text: &str) -> bool {
    let end = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    text.len() <= NAME_CHARS_MAX
        && text.starts_with(end)
        && text.ends_with(end)
        && text.chars().all(|c| end(c) || c == '-')
}

/// Hostile text in a message: short.
fn shown(text: &str) -> String {
    text.chars().take(NAME_CHARS_MAX).collect()
}

pub(super) fn label(path: &Path, name: &str) -> Checked {
    let reason = format!(
        "`{}` is no name: up to 63 of a-z, 0-9 and `-`, with a letter or digit at both ends",
        shown(name)
    );
    path.must(is_label(name), reason)
}

pub(super) fn description(spec: &Path, text: Option<&str>) -> Checked {
    let fits = text.is_none_or(|text| text.chars().count() <= DESCRIPTION_CHARS_MAX);
    spec.to("description").must(
        fits,
        format!("`description` has at most {DESCRIPTION_CHARS_MAX} characters"),
    )
}

pub(super) fn filled(path: &Path, text: &str) -> Checked {
    let key = path.0.last().map_or("it", String::as_str);
    path.must(!text.trim().is_empty(), format!("`{key}` is empty"))
}

pub(super) fn sli(path: &Path, sli: &Sli) -> Checked {
    description(path, sli.description.as_deref())?;
    match (&sli.threshold_metric, &sli.ratio_metric) {
        (Some(metric), None) => source(&path.to("thresholdMetric"), &metric.metric_source),
        (None, Some(_)) => ratio(&path.to("ratioMetric"), sli),
        (Some(_), Some(_)) => {
            Err(path.broken("write `thresholdMetric` or `ratioMetric`, not both"))
        }
        (None, None) => Err(path.broken("`thresholdMetric` or `ratioMetric` is missing")),
    }
}

fn ratio(path: &Path, sli: &Sli) -> Checked {
    let Some(metric) = &sli.ratio_metric else {
        return Ok(());
    };
    let parts = [
        ("good", &metric.good),
        ("bad", &metric.bad),
        ("total", &metric.total),
        ("raw", &metric.raw),
    ];
    for (key, part) in parts {
        if let Some(part) = part {
            source(&path.to(key), &part.metric_source)?;
        }
    }
    let counts = metric.good.is_some() || metric.bad.is_some() || metric.total.is_some();
    if metric.raw.is_some() {
        let reason = "`raw` is a ratio already; leave out `good`, `bad` and `total`";
        path.to("raw").must(!counts, reason)?;
        let reason = "`rawType` is missing: success or failure";
        return path.must(metric.raw_type.is_some(), reason);
    }
    let reason = "`rawType` says which ratio `raw` is; there is no `raw`";
    path.to("rawType").must(metric.raw_type.is_none(), reason)?;
    path.must(
        metric.total.is_some(),
        "`total` is missing, or `raw` with `rawType`",
    )?;
    match (metric.good.is_some(), metric.bad.is_some()) {
        (true, true) => Err(path.broken("write `good` or `bad` beside `total`, not both")),
        (false, false) => Err(path.broken("`good` or `bad` is missing beside `total`")),
        _ => Ok(()),
    }
}

fn source(metric: &Path, source: &MetricSource) -> Checked {
    let path = metric.to("metricSource");
    if let Some(name) = &source.metric_source_ref {
        label(&path.to("metricSourceRef"), name)?;
    } else {
        let reason = "`type` is missing; only a `metricSourceRef` tells it otherwise";
        path.must(
            source.r#type.as_ref().is_some_and(|t| !t.is_empty()),
            reason,
        )?;
    }
    let spec = path.to("spec");
    let is_map = matches!(source.spec, Any::Map(_));
    spec.must(
        is_map && !source.spec.is_empty(),
        "`spec` is a map with at least one key",
    )
}

fn policy(path: &Path, policy: &AlertPolicy) -> Checked {
    description(path, policy.description.as_deref())?;
    let conditions = path.to("conditions");
    let reason = format!(
        "an alert policy has one condition, not {}",
        policy.conditions.len()
    );
    conditions.must(policy.conditions.len() == 1, reason)?;
    for (number, item) in policy.conditions.iter().enumerate() {
        let path = conditions.to(number);
        let inline = (&item.kind, &item.metadata, &item.spec);
        if let Some(spec) = placed(
            &path,
            ("conditionRef", &item.condition_ref),
            Kind::AlertCondition,
            inline,
        )? {
            condition(&path.to("spec"), spec)?;
        }
    }
    let targets = path.to("notificationTargets");
    let reason = "`notificationTargets` is missing: one or more";
    targets.must(!policy.notification_targets.is_empty(), reason)?;
    for (number, item) in policy.notification_targets.iter().enumerate() {
        let path = targets.to(number);
        let inline = (&item.kind, &item.metadata, &item.spec);
        let reference = ("targetRef", &item.target_ref);
        if let Some(spec) = placed(&path, reference, Kind::AlertNotificationTarget, inline)? {
            target(&path.to("spec"), spec)?;
        }
    }
    Ok(())
}

/// Whether an item is either a reference or whole; the specification in place, if it is whole.
fn placed<'a, S>(
    path: &Path,
    (key, reference): (&str, &Option<String>),
    expected: Kind,
    (kind, about, spec): (&Option<Kind>, &Option<Metadata>, &'a Option<S>),
) -> Result<Option<&'a S>, Broken> {
    let Some(name) = reference else {
        let missing = |part: &str| {
            path.broken(format!(
                "write `{key}`, or `kind`, `metadata` and `spec` in place; `{part}` is missing"
            ))
        };
        match kind {
            Some(kind) if *kind == expected => {}
            Some(kind) => {
                return Err(path
                    .to("kind")
                    .broken(format!("it is {kind} and must be {expected}")));
            }
            None => return Err(missing("kind")),
        }
        metadata(
            &path.to("metadata"),
            about.as_ref().ok_or_else(|| missing("metadata"))?,
        )?;
        return spec.as_ref().map(Some).ok_or_else(|| missing("spec"));
    };
    let alone = kind.is_none() && about.is_none() && spec.is_none();
    path.must(
        alone,
        format!("write `{key}` or the object in place, not both"),
    )?;
    label(&path.to(key), name)?;
    Ok(None)
}

fn condition(path: &Path, condition: &AlertCondition) -> Checked {
    description(path, condition.description.as_deref())?;
    filled(&path.to("severity"), &condition.severity)?;
    let reason = "`lookbackWindow` is at least a minute";
    let window = path.to("condition").to("lookbackWindow");
    window.must(condition.condition.lookback_window.minutes() > 0, reason)
}

fn target(path: &Path, target: &AlertNotificationTarget) -> Checked {
    description(path, target.description.as_deref())?;
    filled(&path.to("target"), &target.target)
}
