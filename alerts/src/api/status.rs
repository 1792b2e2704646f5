//! `GET /api/v2/status` and `/receivers`.

use axum::extract::State;
use axum::response::Response;
use serde_json::{Value, json};

use super::answer;
use super::shapes::text;
use crate::run::Handle;

pub(super) async fn status(State(handle): State<Handle>) -> Response {
    let shown = handle.look(|desk, _| {
        json!({
            "cluster": { "name": "", "peers": [], "status": "disabled" },
            "config": { "original": desk.shown },
            "uptime": text(desk.started_at),
            "versionInfo": {
                "branch": "",
                "buildDate": "",
                "buildUser": "nephoscope",
                "goVersion": "",
                "revision": "",
                "version": env!("CARGO_PKG_VERSION"),
            },
        })
    });
    answer(shown.await.map_err(Into::into))
}

pub(super) async fn receivers(State(handle): State<Handle>) -> Response {
    let names = handle.look(|desk, _| {
        let mut names: Vec<&String> = desk.machine.routing().ways.keys().collect();
        names.sort_unstable();
        let names = names.into_iter().map(|name| json!({ "name": name }));
        names.collect::<Vec<Value>>()
    });
    answer(names.await.map_err(Into::into))
}
