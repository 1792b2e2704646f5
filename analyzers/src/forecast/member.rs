//! The simple models that are combined, each fitted once and asked at any later moment.

use std::fmt;

use super::Views;
use super::ar::Weights;
use super::prior;
use super::profile::Profile;
use super::scale::Scale;
use super::smooth::Smoothing;

/// Values that an autoregression needs for each lag, the lag itself among them; with fewer values it takes
/// fewer lags.
const VALUES_PER_LAG: f64 = 1.75;

/// What the members are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The last season again.
    SeasonalNaive,
    /// The usual shape of the longest season at today's level.
    Profile,
    /// The usual shape, and an autoregression of departures from it.
    Departures,
    /// Exponential smoothing.
    Smoothing,
    /// An autoregression with two parameters, or with the fleet's weights.
    Pooled,
    /// The series' own large autoregression.
    Own,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::SeasonalNaive => "seasonal naive",
            Self::Profile => "profile",
            Self::Departures => "departures from the profile",
            Self::Smoothing => "exponential smoothing",
            Self::Pooled => "small autoregression",
            Self::Own => "large autoregression",
        })
    }
}

/// A fitted member.
#[derive(Clone, Debug)]
pub enum Member {
    /// With its season.
    SeasonalNaive(usize),
    /// Nothing to fit.
    Profile(Scale),
    /// Its weights.
    Departures(Scale, Weights),
    /// Its speeds.
    Smoothing(Scale, Smoothing),
    /// Its weights.
    Pooled(Scale, Weights),
    /// Its weights.
    Own(Scale, Weights),
}

/// A history up to a moment.
#[derive(Clone, Copy, Debug)]
pub struct Past<'a> {
    /// As it is.
    pub raw: &'a [f64],
    /// On each scale; may go on beyond the moment.
    pub scaled: &'a Views,
    /// Ascending.
    pub seasons: &'a [usize],
}

impl<'a> Past<'a> {
    fn on(&self, scale: Scale) -> &'a [f64] {
        let view = self.scaled.iter().find(|(s, _)| *s == scale);
        view.map_or(self.raw, |(_, values)| &values[..self.raw.len()])
    }

    fn short(&self) -> usize {
        self.seasons.first().copied().unwrap_or(1)
    }
}

/// A history on each scale that suits it.
#[must_use]
pub fn views(history: &[f64]) -> Views {
    let view = |scale: Scale| (scale, history.iter().map(|v| scale.apply(*v)).collect());
    Scale::of(history).into_iter().map(view).collect()
}

/// Fits all members that a past allows. `fleet` are weights on the logarithmic scale.
#[must_use]
pub fn fit(past: &Past, fleet: Option<&Weights>) -> Vec<Member> {
    let mut members: Vec<Member> = (past.seasons.iter())
        .filter(|season| **season < past.raw.len())
        .map(|season| Member::SeasonalNaive(*season))
        .collect();
    if members.is_empty() {
        members.push(Member::SeasonalNaive(1));
    }
    for (i, (scale, _)) in past.scaled.iter().enumerate() {
        let values = past.on(*scale);
        members.push(Member::Profile(*scale));
        let smoothing = Smoothing::fit(values, past.seasons);
        members.extend(smoothing.map(|by| Member::Smoothing(*scale, by)));
        // The large ones on one scale each: both would cost twice and tell the same.
        if i == 0 {
            let own = own(past, *scale, fleet);
            members.extend(own.map(|own| Member::Own(*scale, own)));
        }
        if i + 1 == past.scaled.len() {
            let fitted = departures(past, *scale);
            members.extend(fitted.map(|weights| Member::Departures(*scale, weights)));
        }
        members.push(Member::Pooled(*scale, pooled(past, *scale, fleet)));
    }
    members
}

/// The same members, with what a longer past teaches the large autoregression. The others have few
/// parameters, which do not change much.
#[must_use]
pub fn refit(members: &[Member], past: &Past, fleet: Option<&Weights>) -> Vec<Member> {
    let again = |member: &Member| match member {
        Member::Own(scale, _) => own(past, *scale, fleet).map(|own| Member::Own(*scale, own)),
        _ => None,
    };
    (members.iter())
        .map(|member| again(member).unwrap_or_else(|| member.clone()))
        .collect()
}

fn pooled(past: &Past, scale: Scale, fleet: Option<&Weights>) -> Weights {
    match (scale, fleet) {
        (Scale::Log(_), Some(weights)) => weights.clone(),
        _ => prior::of(past.on(scale), past.seasons, &lags(past)),
    }
}

fn own(past: &Past, scale: Scale, fleet: Option<&Weights>) -> Option<Weights> {
    let values = past.on(scale);
    let mut prior = pooled(past, scale, fleet);
    if prior.lags.last() > lags(past).last() {
        prior = prior::of(values, past.seasons, &lags(past)); // too short for the fleet's lags
    }
    Weights::fit(values, mean(values), &prior)
}

fn departures(past: &Past, scale: Scale) -> Option<Weights> {
    let values = past.on(scale);
    let departures = Profile::of(values, past.seasons)?.departures(values);
    Weights::fit(&departures, 0.0, &prior::fading(&departures, past.short()))
}

fn lags(past: &Past) -> Vec<usize> {
    prior::lags(
        past.seasons,
        (past.raw.len() as f64 / VALUES_PER_LAG) as usize,
    )
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}

impl Member {
    /// What it is.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match self {
            Self::SeasonalNaive(_) => Kind::SeasonalNaive,
            Self::Profile(_) => Kind::Profile,
            Self::Departures(..) => Kind::Departures,
            Self::Smoothing(..) => Kind::Smoothing,
            Self::Pooled(..) => Kind::Pooled,
            Self::Own(..) => Kind::Own,
        }
    }

    /// The next `horizon` values after a past; `None` if it is too short for this member.
    #[must_use]
    pub fn predict(&self, past: &Past, horizon: usize) -> Option<Vec<f64>> {
        let (scale, ahead) = match self {
            Self::SeasonalNaive(season) => {
                let last = past.raw.len().checked_sub(*season)?;
                return Some((0..horizon).map(|h| past.raw[last + h % season]).collect());
            }
            Self::Profile(scale) => {
                let values = past.on(*scale);
                let profile = Profile::of(values, past.seasons)?;
                (scale, profile.predict(values, past.short(), horizon))
            }
            Self::Departures(scale, weights) => {
                let values = past.on(*scale);
                let profile = Profile::of(values, past.seasons)?;
                let departures = weights.predict(&profile.departures(values), 0.0, horizon);
                let ahead = departures
                    .iter()
                    .enumerate()
                    .map(|(h, d)| profile.ahead(h) + d);
                (scale, ahead.collect())
            }
            Self::Smoothing(scale, by) => {
                (scale, by.predict(past.on(*scale), past.seasons, horizon))
            }
            Self::Pooled(scale, weights) | Self::Own(scale, weights) => {
                let values = past.on(*scale);
                (scale, weights.predict(values, mean(values), horizon))
            }
        };
        Some(ahead.iter().map(|v| scale.undo(*v)).collect())
    }
}
