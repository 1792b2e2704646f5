//! Whether what was put together belongs together.

use std::collections::{BTreeMap, BTreeSet};

use store::model::{Finding, Scope};

use super::town::{Cause, Played};

/// A finding belongs to a cause when it was certain while the cause lasted or so long after its end, s: what
/// looks back sees it later. When it began is the detector's own guess, a quarter of an hour early at times.
const AFTER_S: i64 = 3_600;

/// What all days amount to.
#[derive(Default)]
pub struct Tally {
    days: usize,
    findings: usize,
    unexplained: usize,
    incidents: usize,
    messages_alone: usize,
    messages: usize,
    /// Of these, for each reason.
    reasons: BTreeMap<String, usize>,
    together: usize,
    rightly: usize,
    belonging: usize,
    /// By cause: findings, and incidents that they were told as.
    by_cause: BTreeMap<String, (usize, usize)>,
    /// Kinds of findings that were wrongly together or wrongly apart.
    wrong: BTreeMap<String, usize>,
}

/// The cause of a finding: one that hits its function itself goes before one that hits what it calls and
/// fails with, and that before one that hits what it only waits for.
fn cause(finding: &Finding, causes: &[Cause]) -> Option<usize> {
    let certain_s = finding.detected_at.as_secs();
    let at_the_time = |cause: &&Cause| {
        (i64::from(cause.from_s)..i64::from(cause.until_s) + AFTER_S).contains(&certain_s)
    };
    let place = |by: fn(&Cause) -> &BTreeSet<String>| {
        let found = causes.iter().enumerate();
        let found = found.filter(|(_, cause)| at_the_time(cause));
        let mut found = found.filter(|(_, cause)| by(cause).contains(&finding.function_id));
        found.next().map(|(n, _)| n)
    };
    if finding.scope == Scope::Cohort {
        return causes
            .iter()
            .position(|cause| cause.name.starts_with("platform_shift"));
    }
    if finding.function_id.is_empty() {
        // What an account pays more for at once is functions that run longer.
        let found = causes
            .iter()
            .enumerate()
            .filter(|(_, cause)| at_the_time(cause));
        let mut longer = found.filter(|(_, cause)| {
            let kinds = ["slow", "timeouts"];
            kinds.iter().any(|kind| cause.name.starts_with(kind))
        });
        return longer.next().map(|(n, _)| n);
    }
    place(|cause| &cause.hit)
        .or_else(|| place(|cause| &cause.callers))
        .or_else(|| place(|cause| &cause.waiting))
}

/// Every finding of a day with its label, its incident and why it is there: to find out what is wrong.
#[allow(clippy::print_stdout)] // what is asked for
pub fn each(day: &Played) {
    for (n, cause) in day.causes.iter().enumerate() {
        println!(
            "cause {n}: {} {} to {}: {:?}, callers {}, waiting {}",
            cause.name,
            cause.from_s / 60 % 1440,
            cause.until_s / 60 % 1440,
            cause.hit.iter().take(3).collect::<Vec<_>>(),
            cause.callers.len(),
            cause.waiting.len()
        );
    }
    for line in &day.lines {
        println!("told {line}");
    }
    let mut told: Vec<_> = day.told.iter().collect();
    told.sort_by_key(|(finding, home)| (home.incident.clone(), finding.began_at));
    let minute = |at: store::model::UnixNano| at.as_secs() / 60 % 1440;
    for (finding, home) in told {
        let label = cause(finding, &day.causes).map_or("-".to_owned(), |n| n.to_string());
        println!(
            "{} {label:>2} {:<18} {:<40} {:>4} seen {:>4} to {:?} {:?} | blames {} | {} | {}",
            &home.incident[4..9],
            finding.kind,
            finding.subject,
            minute(finding.began_at),
            minute(finding.detected_at),
            finding.closed_at.map(minute),
            finding.severity,
            home.member.blames,
            home.member.why,
            finding.title
        );
    }
}

impl Tally {
    /// Adds a day.
    pub fn add(&mut self, day: &Played) {
        self.days += 1;
        self.messages_alone += day.messages_alone;
        self.messages += day.messages;
        for (reason, n) in &day.reasons {
            *self.reasons.entry(reason.clone()).or_default() += n;
        }
        // What nothing explains is a cause of its own.
        let labels: Vec<Option<usize>> = day
            .told
            .iter()
            .map(|(f, _)| cause(f, &day.causes))
            .collect();
        self.findings += labels.len();
        self.unexplained += labels.iter().filter(|label| label.is_none()).count();
        let incidents: BTreeSet<&str> = day
            .told
            .iter()
            .map(|(_, home)| home.incident.as_str())
            .collect();
        self.incidents += incidents.len();
        for (n, cause) in day.causes.iter().enumerate() {
            let own = day
                .told
                .iter()
                .zip(&labels)
                .filter(|(_, label)| **label == Some(n));
            let homes: Vec<&str> = own.map(|((_, home), _)| home.incident.as_str()).collect();
            let entry = self.by_cause.entry(cause.name.clone()).or_default();
            entry.0 += homes.len();
            entry.1 += homes.iter().collect::<BTreeSet<_>>().len();
        }
        for (i, (a, home_a)) in day.told.iter().enumerate() {
            for (j, (b, home_b)) in day.told.iter().enumerate().skip(i + 1) {
                let belong = labels[i].is_some() && labels[i] == labels[j];
                let together = home_a.incident == home_b.incident;
                self.belonging += usize::from(belong);
                self.together += usize::from(together);
                self.rightly += usize::from(belong && together);
                if belong != together {
                    let word = if together { "together" } else { "apart" };
                    let mut kinds = [a.kind.as_str(), b.kind.as_str()];
                    kinds.sort_unstable();
                    let kinds = kinds.join(" & ");
                    *self.wrong.entry(format!("{word}: {kinds}")).or_default() += 1;
                }
            }
        }
    }

    #[allow(clippy::print_stdout, clippy::cast_precision_loss)] // the tables are the answer
    pub fn print(&self) {
        let share = |part: usize, whole: usize| part as f64 / whole.max(1) as f64;
        println!(
            "  {} findings ({} that nothing explains) in {} incidents",
            self.findings, self.unexplained, self.incidents
        );
        println!(
            "  notifications: {} by finding, {} by incident: {:.1} % fewer",
            self.messages_alone,
            self.messages,
            100.0 * (1.0 - share(self.messages, self.messages_alone))
        );
        println!("  by incident, for: {:?}", self.reasons);
        println!(
            "  pairwise precision {:.4}, recall {:.4}",
            share(self.rightly, self.together),
            share(self.rightly, self.belonging)
        );
        for (cause, (findings, incidents)) in &self.by_cause {
            println!("    {cause}: {findings} findings as {incidents} incidents");
        }
        let mut wrong: Vec<_> = self.wrong.iter().collect();
        wrong.sort_by_key(|(_, n)| std::cmp::Reverse(**n));
        for (what, n) in wrong.into_iter().take(12) {
            println!("    wrongly {what}: {n}");
        }
    }
}
