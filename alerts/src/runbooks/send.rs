//! A run is asked for: a signed request, as Standard Webhooks has it.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use serde_json::json;
use store::model::UnixNano;

use super::config::Runbook;
use super::step::{Run, Stage, Token};
use crate::delivery::signature::sign;
use crate::egress::{Client, Connector, Error, Request, Tls};
use crate::incidents::Incident;
use crate::model::time;

/// Longest wait for the answer that it was taken, not for the result.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(20);
/// Pauses before it is asked for again, s.
const PAUSES_S: [i64; 5] = [5, 30, 120, 600, 1_800];

/// Asks for runs.
#[derive(Clone, Debug)]
pub struct Sender {
    client: Arc<Client>,
    external_url: Arc<str>,
    clock: fn() -> UnixNano,
}

/// Where the result of a run is taken.
#[must_use]
pub fn callback_path(incident: &str, run: &str) -> String {
    format!("/api/v1/incidents/{incident}/runs/{run}/result")
}

impl Sender {
    /// Through `connector`, which knows the addresses that may be called. `external_url` is where results
    /// are told.
    ///
    /// # Errors
    /// When TLS cannot be set up.
    pub fn new(
        connector: Connector,
        external_url: &str,
        clock: fn() -> UnixNano,
    ) -> Result<Self, Error> {
        Ok(Self {
            client: Arc::new(Client::new(connector, &Tls::default(), "runbooks")?),
            external_url: Arc::from(external_url.trim_end_matches('/')),
            clock,
        })
    }

    /// Asks once; says what came of it.
    pub async fn ask(
        &self,
        runbook: &Runbook,
        incident: &Incident,
        run: &Run,
        token: &Token,
    ) -> Stage {
        let now = (self.clock)();
        let body = self.body(incident, run, token, now);
        let request = Request {
            method: Method::POST,
            target: runbook.target.clone(),
            headers: headers(runbook, &run.id, now, &body),
            body,
            timeout: ANSWER_TIMEOUT,
        };
        let (reason, again) = match self.client.send(request).await {
            Ok(answer) if (200..300).contains(&answer.status) => {
                return Stage::Taken {
                    status: answer.status,
                };
            }
            Ok(answer) => (
                format!("it answered {}", answer.status),
                !matches!(answer.status, 400 | 410 | 413 | 422),
            ),
            Err(error) => (error.to_string(), !matches!(error, Error::Address(_))),
        };
        let pause_s = PAUSES_S.get(run.refusals as usize).filter(|_| again);
        let now = (self.clock)();
        Stage::Refused {
            reason,
            again_at: pause_s.map(|s| UnixNano(now.0.saturating_add(s * 1_000_000_000))),
        }
    }

    fn body(&self, incident: &Incident, run: &Run, token: &Token, now: UnixNano) -> Bytes {
        let url = &self.external_url;
        let member = incident.members.get(&run.finding);
        let callback = callback_path(&incident.id, &run.id);
        let body = json!({
            "type": "nephoscope.runbook",
            "timestamp": time::text(now),
            "data": {
                "run": run.id,
                "runbook": run.runbook,
                "place": run.place,
                "incident": {
                    "id": incident.id,
                    "title": incident.title(),
                    "severity": incident.severity.as_str(),
                    "cause": incident.place,
                    "functions": incident.functions(),
                    "url": format!("{url}/alerts/incidents/{}", incident.id),
                },
                "finding": member.map(|member| json!({
                    "id": member.finding,
                    "kind": member.kind,
                    "severity": member.severity.as_str(),
                    "place": member.place,
                    "version": member.version,
                    "title": member.title,
                    "url": format!("{url}/findings/{}", member.finding),
                })),
                "callback": {
                    "url": format!("{url}{callback}?token={}", token.expose()),
                    "expires_at": run.expires_at.map(time::text),
                },
            },
        });
        Bytes::from(body.to_string())
    }
}

fn headers(runbook: &Runbook, id: &str, now: UnixNano, body: &[u8]) -> HeaderMap {
    let second = now.as_secs();
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    let pairs = [
        ("webhook-id", id.to_owned()),
        ("webhook-timestamp", second.to_string()),
        ("webhook-signature", sign(&runbook.keys, id, second, body)),
    ];
    for (name, value) in pairs {
        // Ids, digits and base64 are always a header's value.
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert(HeaderName::from_static(name), value);
        }
    }
    headers
}
