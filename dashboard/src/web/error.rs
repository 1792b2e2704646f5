//! What can go wrong with a page, and what the person in front of it should do next.

use http::StatusCode;
use store::StoreError;

use crate::range::BadParameter;

/// Why a page cannot be shown.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PageError {
    /// A parameter cannot be understood.
    #[error(transparent)]
    Bad(#[from] BadParameter),
    /// There is no such thing.
    #[error("{what}")]
    NotFound {
        /// What was looked for.
        what: String,
        /// What to do about it.
        help: String,
    },
    /// ClickHouse did not answer as it should.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A template failed: our own fault.
    #[error("rendering a page")]
    Render(#[from] tera::Error),
    /// Alerting is not here, has stopped, or cannot write.
    #[error("{0}")]
    Alerting(String),
    /// Too many pages are being made at once.
    #[error("too many pages at once")]
    Busy,
}

impl From<alerts::run::Refused> for PageError {
    fn from(refused: alerts::run::Refused) -> Self {
        Self::Alerting(format!("{refused}."))
    }
}

/// An error as the page shows it.
pub(crate) struct Told {
    pub(crate) status: StatusCode,
    pub(crate) title: &'static str,
    pub(crate) what: String,
    pub(crate) next: String,
    /// Seconds after which trying again makes sense.
    pub(crate) retry_s: Option<u32>,
}

impl PageError {
    /// What to tell; never a query, an address or a secret.
    pub(crate) fn tell(&self) -> Told {
        let told = |status, title, what: String, next: &str| Told {
            status,
            title,
            what,
            next: next.to_owned(),
            retry_s: None,
        };
        match self {
            Self::Bad(bad) => told(
                StatusCode::BAD_REQUEST,
                "This address cannot be understood",
                bad.to_string(),
                "Correct the parameter in the address, or start again from the navigation.",
            ),
            Self::NotFound { what, help } => {
                told(StatusCode::NOT_FOUND, "Not found", what.clone(), help)
            }
            Self::Store(error) => tell_store(error),
            Self::Render(_) => told(
                StatusCode::INTERNAL_SERVER_ERROR,
                "This page has a fault",
                "A template could not be filled. The log of Nephoscope has the details.".into(),
                "Please report it with the address of this page.",
            ),
            Self::Alerting(why) => Told {
                retry_s: Some(5),
                ..told(
                    StatusCode::SERVICE_UNAVAILABLE,
                    "Alerting did not do that",
                    why.clone(),
                    "Nothing was changed. /metrics says how alerting stands, and the log why.",
                )
            },
            Self::Busy => Told {
                retry_s: Some(2),
                ..told(
                    StatusCode::SERVICE_UNAVAILABLE,
                    "Too many pages at once",
                    "More pages are being asked for than this machine makes at once.".into(),
                    "Wait a moment and load the page again.",
                )
            },
        }
    }
}

/// ClickHouse codes that mean "you asked for too much": rows, time, memory, result.
const TOO_MUCH: [&str; 5] = [
    "Code: 158.",
    "Code: 159.",
    "Code: 160.",
    "Code: 241.",
    "Code: 396.",
];

fn tell_store(error: &StoreError) -> Told {
    let text = match error {
        StoreError::Query { source, .. } => source.to_string(),
        _ => String::new(),
    };
    if TOO_MUCH.iter().any(|code| text.contains(code)) {
        return Told {
            status: StatusCode::UNPROCESSABLE_ENTITY,
            title: "That is too much for one page",
            what: format!(
                "The store gave up while {}: its limit for a page was reached.",
                deed(error)
            ),
            next: "Choose a shorter time range, or filter by function, and load the page again."
                .into(),
            retry_s: None,
        };
    }
    if error.is_transient() {
        return Told {
            status: StatusCode::SERVICE_UNAVAILABLE,
            title: "The store does not answer",
            what: format!("ClickHouse could not be reached while {}.", deed(error)),
            next: "What functions send meanwhile is kept on disk. Check that ClickHouse runs; /-/ready \
                   says why it cannot be reached. This page works again by itself."
                .into(),
            retry_s: Some(5),
        };
    }
    Told {
        status: StatusCode::INTERNAL_SERVER_ERROR,
        title: "The store refused the question",
        what: format!("ClickHouse answered with an error while {}.", deed(error)),
        next: "The log of Nephoscope has its words. If the database was made by another version, \
               run nephoscope migrate --plan."
            .into(),
        retry_s: None,
    }
}

fn deed(error: &StoreError) -> &str {
    match error {
        StoreError::Query { deed, .. } => deed,
        _ => "asking the store",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn store_error(answer: &str) -> PageError {
        PageError::Store(StoreError::Query {
            deed: "counting logs".into(),
            source: clickhouse::error::Error::BadResponse(answer.to_owned()),
        })
    }

    #[test]
    fn each_trouble_of_the_store_says_what_to_do() {
        let too_much = store_error("Code: 158. DB::Exception: Limit for rows").tell();
        assert_eq!(too_much.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(too_much.next.contains("shorter time range"));
        let away = store_error("Code: 202. DB::Exception: Too many simultaneous queries").tell();
        assert_eq!(away.status, StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(away.retry_s, Some(5));
        let refused = store_error("Code: 47. DB::Exception: Unknown identifier secret").tell();
        assert_eq!(refused.status, StatusCode::INTERNAL_SERVER_ERROR);
        assert!(!refused.what.contains("secret") && refused.what.contains("counting logs"));
    }

    #[test]
    fn a_bad_parameter_is_named() {
        let told = PageError::from(BadParameter::new("from", "yesterday", "write now-1d")).tell();
        assert_eq!(told.status, StatusCode::BAD_REQUEST);
        assert_eq!(told.what, "from=yesterday: write now-1d");
    }
}
