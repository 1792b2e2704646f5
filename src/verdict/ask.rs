//! One question to the dashboard's API, over HTTP or HTTPS.

use std::time::Duration;

use anyhow::{Context, anyhow, bail};
use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION};
use http::{HeaderValue, Request, Uri};
use http_body_util::{BodyExt, Empty, Limited};
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

/// Longest time one answer may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// Longest answer, bytes: all measures with their reasons are about 10 kB.
const ANSWER_BYTES_MAX: usize = 1 << 20;

/// A dashboard.
pub struct Server {
    base: String,
    authorization: Option<HeaderValue>,
    client: Client<HttpsConnector<HttpConnector>, Empty<Bytes>>,
}

impl Server {
    /// At an address such as `https://observe.example`, with the password if it asks for one.
    pub fn new(address: &str, password: Option<&str>) -> anyhow::Result<Self> {
        let base = address.trim_end_matches('/');
        let uri: Uri = base
            .parse()
            .map_err(|_| anyhow!("--server {base:?} is no address; write http://host:port"))?;
        if !matches!(uri.scheme_str(), Some("http" | "https")) || uri.host().is_none() {
            bail!("--server {base:?} is no address; write http://host:port or https://host");
        }
        let authorization = password.map(|password| {
            let mut value = HeaderValue::from_str(&format!("Bearer {password}")).map_err(|_| {
                anyhow!("NEPHOSCOPE_PASSWORD holds what no header can; check for line ends in it")
            })?;
            value.set_sensitive(true);
            Ok::<_, anyhow::Error>(value)
        });
        let connector = hyper_rustls::HttpsConnectorBuilder::new()
            .with_webpki_roots()
            .https_or_http()
            .enable_http1()
            .build();
        Ok(Self {
            base: base.to_owned(),
            authorization: authorization.transpose()?,
            client: Client::builder(TokioExecutor::new()).build(connector),
        })
    }

    /// The JSON that it answers.
    pub async fn get(&self, path: &str, query: &[(&str, &str)]) -> anyhow::Result<Value> {
        let asking = || format!("asking {}{path}", self.base);
        tokio::time::timeout(PATIENCE, self.answer(path, query))
            .await
            .map_err(|_| anyhow!("no answer within {} s", PATIENCE.as_secs()))
            .and_then(|answer| answer)
            .with_context(asking)
    }

    async fn answer(&self, path: &str, query: &[(&str, &str)]) -> anyhow::Result<Value> {
        let pairs: Vec<String> = query
            .iter()
            .map(|(key, value)| format!("{key}={}", utf8_percent_encode(value, NON_ALPHANUMERIC)))
            .collect();
        let mut request = Request::get(format!("{}{path}?{}", self.base, pairs.join("&")))
            .header(ACCEPT, "application/json");
        if let Some(authorization) = &self.authorization {
            request = request.header(AUTHORIZATION, authorization);
        }
        let request = request.body(Empty::new()).context("the question")?;
        let response = self.client.request(request).await.context(
            "no connection; is Nephoscope running there? --server names another address",
        )?;
        let status = response.status();
        let body = Limited::new(response.into_body(), ANSWER_BYTES_MAX)
            .collect()
            .await
            .map_err(|error| anyhow!("its answer broke off: {error}"))?
            .to_bytes();
        let answer: Value = serde_json::from_slice(&body).unwrap_or_default();
        if status.is_success() {
            return Ok(answer);
        }
        let said = |key: &str| answer[key].as_str().unwrap_or_default().to_owned();
        let told = match said("detail") {
            detail if detail.is_empty() => said("error"),
            detail => detail,
        };
        match status.as_u16() {
            401 => bail!("a password is needed; set NEPHOSCOPE_PASSWORD"),
            429 => bail!("too many wrong passwords; correct NEPHOSCOPE_PASSWORD and wait a minute"),
            _ => bail!("{status}: {told} {}", said("next")),
        }
    }
}
