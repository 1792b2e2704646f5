//! One way out of a receiver, ready for use: its service, its connections, how it wants to be spoken to.

use std::fmt;
use std::sync::Arc;

use serde_json::Value;
use store::model::UnixNano;

use super::attempt::{Attempt, Result as Came};
use super::retry::{Failure, Outcome};
use super::smtp;
use crate::egress::{Client, Connector, Error, Request};
use crate::model::Notification;
use crate::notify::{HttpConfig, Message, Service, Unmade, service};
use crate::template::{Templates, View};

/// An integration of the configuration.
pub struct Outlet {
    service: Box<dyn Service>,
    http: HttpConfig,
    client: Client,
    connector: Connector,
}

impl fmt::Debug for Outlet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Outlet")
    }
}

impl Outlet {
    /// Reads the settings of a service of this kind, in which `global` has been filled in.
    ///
    /// # Errors
    /// What is wrong with them, and what to write; no secret is in it.
    pub fn new(kind: &str, mut settings: Value, connector: &Connector) -> Result<Self, String> {
        let fields = settings.as_object_mut();
        let http = fields.and_then(|fields| fields.remove("http_config"));
        let http = http.map(HttpConfig::read).transpose()?.unwrap_or_default();
        if kind == "webex" && !http.authorizes() {
            return Err("missing webex_configs.http_config.authorization".to_owned());
        }
        let tls = http.tls().map_err(|error| error.to_string())?;
        let client = Client::new(connector.clone(), &tls, "tls_config");
        Ok(Self {
            service: service(kind, settings)?,
            client: client.map_err(|error| error.to_string())?,
            connector: connector.clone(),
            http,
        })
    }

    /// Makes one attempt, the `attempt`-th of `notification` (from 1). `clock` is asked when it begins and
    /// when it ends.
    pub async fn deliver(
        &self,
        templates: &Arc<Templates>,
        external_url: &str,
        notification: &Notification,
        attempt: u32,
        clock: fn() -> UnixNano,
    ) -> Attempt {
        let began = clock();
        let view = View::new(templates, notification, external_url, began);
        let message = view
            .map_err(Unmade::from)
            .and_then(|view| self.service.message(&view, began));
        let came = match message {
            Ok(Message::Mail(mail)) => smtp::send(&self.connector, &mail).await,
            Ok(Message::Requests(requests)) => self.requests(requests, clock).await,
            Err(unmade) => {
                let outcome = match &unmade {
                    Unmade::Egress(error) => of_error(error),
                    other => Outcome::failed(Failure::Unmade, other.again()),
                };
                Came::unmade(outcome, unmade.to_string())
            }
        };
        Attempt::decide(notification, attempt, (began, clock()), came)
    }

    /// One after the other, until one fails.
    async fn requests(&self, requests: Vec<Request>, clock: fn() -> UnixNano) -> Came {
        let mut came = Came::unmade(Outcome::Delivered, String::new());
        for mut request in requests {
            came.request = summary(&request);
            if let Err(unmade) = self.http.add_to(&mut request.headers) {
                came.outcome = Outcome::failed(Failure::Unmade, unmade.again());
                came.reason = unmade.to_string();
                return came;
            }
            match self.client.send(request).await {
                Err(error) => {
                    came.outcome = of_error(&error);
                    came.reason = error.to_string();
                }
                Ok(answer) => {
                    came.status = Some(answer.status);
                    came.outcome = self.service.outcome(&answer, clock());
                    if let Outcome::Failed { failure, .. } = &came.outcome {
                        came.reason =
                            format!("the receiver answered {} ({failure})", answer.status);
                    }
                }
            }
            if came.outcome != Outcome::Delivered {
                return came;
            }
        }
        came
    }
}

fn summary(request: &Request) -> String {
    let Request {
        method,
        target,
        body,
        ..
    } = request;
    format!("{method} {}, {} bytes", target.host(), body.len())
}

/// What the want of an answer means.
pub(super) fn of_error(error: &Error) -> Outcome {
    let (failure, again) = match error {
        // A guard refuses what the operator may allow a minute later.
        Error::Blocked { .. } => (Failure::Blocked, true),
        Error::Address(_) | Error::TooLarge { .. } => (Failure::Unmade, false),
        Error::File { .. } => (Failure::Unmade, true),
        Error::Timeout { .. } => (Failure::ContextDeadlineExceeded, true),
        Error::Resolve(_) | Error::Connect(_) | Error::Tls { .. } | Error::Broken(_) => {
            (Failure::NetworkError, true)
        }
    };
    Outcome::failed(failure, again)
}
