//! Which function is meant: an id, a name, or provider, region and name.

use store::model::FunctionId;
use store::read::deploys::CalledRow;

use crate::format::bounded;

/// What to ask the store for, to know whom texts mean.
#[derive(Debug, Default)]
pub(super) struct Whom {
    pub(super) ids: Vec<String>,
    pub(super) names: Vec<String>,
}

/// Why nobody is meant.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Nobody {
    /// No function is called so.
    Unknown,
    /// More than one is; the first of their ids.
    Many(Vec<String>),
}

impl Nobody {
    /// What to do about it.
    pub(super) fn next(&self) -> String {
        match self {
            Self::Unknown => {
                "no function is called so; GET /api/v1/functions lists them. One that sent \
                              nothing yet is named by its whole id, provider:account:region:name"
                    .to_owned()
            }
            Self::Many(ids) => format!(
                "more than one function is called so; give one of their ids: {}",
                ids.join(", ")
            ),
        }
    }
}

impl Whom {
    pub(super) fn of<'a>(texts: impl IntoIterator<Item = &'a str>) -> Self {
        let mut whom = Self::default();
        for text in texts {
            match text.parse::<FunctionId>() {
                Ok(id) => {
                    whom.ids.push(id.to_string());
                    whom.names.push(id.name);
                }
                Err(_) => {
                    whom.names.push(text.to_owned());
                    whom.names
                        .extend(placed(text).map(|(.., name)| name.to_owned()));
                }
            }
        }
        whom
    }
}

/// `aws/eu-central-1/checkout`.
fn placed(text: &str) -> Option<(&str, &str, &str)> {
    let mut parts = text.splitn(3, '/');
    Some((parts.next()?, parts.next()?, parts.next()?))
}

/// The id of the function that is meant; `known` are the functions of [`Whom`]. An id is taken even of a
/// function that is not known yet: a pipeline may announce its first version before anything ran.
pub(super) fn resolve(text: &str, known: &[CalledRow]) -> Result<String, Nobody> {
    if let Ok(id) = text.parse::<FunctionId>() {
        let exact = id.to_string();
        // Told without its account, it is the one function of that name and place.
        let is_it = |row: &&CalledRow| {
            row.provider == id.provider && row.region == id.region && row.name == id.name
        };
        let same: Vec<&CalledRow> = known.iter().filter(is_it).collect();
        return match same.as_slice() {
            [only] if id.account.is_empty() => Ok(only.function_id.clone()),
            _ => Ok(exact),
        };
    }
    let called: Vec<&CalledRow> = known.iter().filter(|row| row.name == text).collect();
    let meant = match (called.is_empty(), placed(text)) {
        (true, Some((provider, region, name))) => known
            .iter()
            .filter(|row| row.provider == provider && row.region == region && row.name == name)
            .collect(),
        _ => called,
    };
    match meant.as_slice() {
        [] => Err(Nobody::Unknown),
        [only] => Ok(only.function_id.clone()),
        many => {
            let ids = many
                .iter()
                .take(5)
                .map(|row| bounded(&row.function_id, 200));
            Err(Nobody::Many(ids.collect()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(account: &str, region: &str, name: &str) -> CalledRow {
        CalledRow {
            function_id: format!("aws:{account}:{region}:{name}"),
            provider: "aws".into(),
            account: account.into(),
            region: region.into(),
            name: name.into(),
        }
    }

    #[test]
    fn ids_unique_names_and_places_are_understood() {
        let known = [
            row("1", "eu", "checkout"),
            row("1", "us", "checkout"),
            row("1", "eu", "pay"),
        ];
        let resolved = |text| resolve(text, &known);
        assert_eq!(resolved("pay"), Ok("aws:1:eu:pay".into()));
        assert_eq!(resolved("aws/us/checkout"), Ok("aws:1:us:checkout".into()));
        assert_eq!(
            resolved("aws::eu:pay"),
            Ok("aws:1:eu:pay".into()),
            "without account"
        );
        assert_eq!(
            resolved("aws:7:eu:new"),
            Ok("aws:7:eu:new".into()),
            "not seen yet"
        );
        assert_eq!(resolved("nobody"), Err(Nobody::Unknown));
        let Err(many) = resolved("checkout") else {
            panic!("two are called so")
        };
        assert!(many.next().contains("aws:1:us:checkout"), "{}", many.next());
    }

    #[test]
    fn an_azure_function_s_name_has_a_slash_and_is_still_a_name() {
        let known = [row("1", "eu", "app/pay")];
        assert_eq!(resolve("app/pay", &known), Ok("aws:1:eu:app/pay".into()));
        assert_eq!(
            resolve("aws/eu/app/pay", &known),
            Ok("aws:1:eu:app/pay".into())
        );
        let whom = Whom::of(["aws/eu/app/pay", "aws:1:eu:f"]);
        assert_eq!(whom.names, ["aws/eu/app/pay", "app/pay", "f"]);
        assert_eq!(whom.ids, ["aws:1:eu:f"]);
    }
}
