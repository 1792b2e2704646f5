//! `GET /api/v2/alerts`.

use axum::extract::{RawQuery, State};
use axum::response::Response;

use super::filter::Filter;
use super::query::Query;
use super::shapes::GettableAlert;
use super::{Refusal, answer};
use crate::run::Handle;

pub(super) async fn list(State(handle): State<Handle>, RawQuery(query): RawQuery) -> Response {
    answer(wanted(handle, query.as_deref()).await)
}

async fn wanted(handle: Handle, query: Option<&str>) -> Result<Vec<GettableAlert>, Refusal> {
    let filter = Filter::read(&Query::read(query)?)?;
    let alerts = handle.look(move |desk, now| {
        let machine = &desk.machine;
        let held = machine.state().alerts().values();
        let shown = held.filter_map(|held| filter.shown(machine, &held.alert, &[], now));
        let mut shown: Vec<GettableAlert> = shown.collect();
        shown.sort_by(|a, b| a.fingerprint.cmp(&b.fingerprint));
        shown
    });
    Ok(alerts.await?)
}
