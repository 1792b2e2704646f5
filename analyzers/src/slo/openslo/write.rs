//! Objects as YAML again.

use serde::Serialize;

use super::shape::{API_VERSION, Kind, Metadata, Object};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Written<'a, S> {
    api_version: &'static str,
    kind: Kind,
    metadata: &'a Metadata,
    spec: &'a S,
}

impl Serialize for Object {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        macro_rules! written {
            ($named:expr) => {
                Written {
                    api_version: API_VERSION,
                    kind: self.kind(),
                    metadata: &$named.metadata,
                    spec: &$named.spec,
                }
                .serialize(serializer)
            };
        }
        match self {
            Self::DataSource(named) => written!(named),
            Self::Slo(named) => written!(named),
            Self::Sli(named) => written!(named),
            Self::AlertPolicy(named) => written!(named),
            Self::AlertCondition(named) => written!(named),
            Self::AlertNotificationTarget(named) => written!(named),
            Self::Service(named) => written!(named),
        }
    }
}

impl Object {
    /// What it is.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match self {
            Self::DataSource(_) => Kind::DataSource,
            Self::Slo(_) => Kind::Slo,
            Self::Sli(_) => Kind::Sli,
            Self::AlertPolicy(_) => Kind::AlertPolicy,
            Self::AlertCondition(_) => Kind::AlertCondition,
            Self::AlertNotificationTarget(_) => Kind::AlertNotificationTarget,
            Self::Service(_) => Kind::Service,
        }
    }

    /// Its name and what is said about it.
    #[must_use]
    pub fn metadata(&self) -> &Metadata {
        match self {
            Self::DataSource(named) => &named.metadata,
            Self::Slo(named) => &named.metadata,
            Self::Sli(named) => &named.metadata,
            Self::AlertPolicy(named) => &named.metadata,
            Self::AlertCondition(named) => &named.metadata,
            Self::AlertNotificationTarget(named) => &named.metadata,
            Self::Service(named) => &named.metadata,
        }
    }
}

/// The objects as one text, a YAML document for each. Read again, they are equal.
///
/// # Errors
/// When an object holds what YAML has no word for; what was read from YAML never does.
pub fn write(objects: &[Object]) -> Result<String, String> {
    let failed = |error: serde_saphyr::ser::Error| format!("cannot write the objects: {error}");
    let mut text = String::new();
    for (number, object) in objects.iter().enumerate() {
        if number > 0 {
            text.push_str("---\n");
        }
        text.push_str(&serde_saphyr::to_string(object).map_err(failed)?);
    }
    Ok(text)
}
