//! What stands after a field's name: `CommandLine|contains|all`.

use super::moment::Part;

/// The other form of the bytes of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Encoding {
    Base64,
    /// At any of the three places where the value may begin within a longer encoded text.
    Base64Offset,
    Utf16Le,
    Utf16Be,
    /// Little-endian after a byte order mark.
    Utf16,
}

/// A comparison of numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// What a value is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Kind {
    /// Itself: a text with wildcards, a number, a boolean, null.
    #[default]
    Plain,
    Regex,
    Cidr,
    /// The name of another field.
    Field,
    /// Whether the field is there.
    Exists,
    /// A number to compare with.
    Order(Order),
}

/// All modifiers of a field, in their meaning.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Modifiers {
    pub kind: Kind,
    /// The part of a date that is compared instead of the field.
    pub part: Option<Part>,
    /// All values must match, not any.
    pub all: bool,
    /// No value may match.
    pub not: bool,
    pub cased: bool,
    pub dashes: bool,
    /// The field goes on before the value.
    pub open_start: bool,
    /// The field goes on after the value.
    pub open_end: bool,
    pub startswith: bool,
    pub endswith: bool,
    pub expand: bool,
    /// In the order in which they are applied.
    pub encodings: Vec<Encoding>,
    pub flag_i: bool,
    pub flag_m: bool,
    pub flag_s: bool,
}

impl Modifiers {
    /// Reads the names after the field's.
    ///
    /// # Errors
    /// With the reason: an unknown name, or names that make no sense together.
    pub fn read<'a>(names: impl Iterator<Item = &'a str>) -> Result<Self, String> {
        let mut modifiers = Self::default();
        for name in names {
            modifiers.take(name)?;
        }
        modifiers.checked()
    }

    fn take(&mut self, name: &str) -> Result<(), String> {
        match name {
            "contains" => (self.open_start, self.open_end) = (true, true),
            "startswith" => (self.open_end, self.startswith) = (true, true),
            "endswith" => (self.open_start, self.endswith) = (true, true),
            "all" => self.all = true,
            "neq" => self.not = true,
            "cased" => self.cased = true,
            "windash" => self.dashes = true,
            "expand" => self.expand = true,
            "re" => self.kind(Kind::Regex)?,
            "i" | "m" | "s" if self.kind != Kind::Regex => {
                return Err(format!("`{name}` is a flag of `re` and stands after it"));
            }
            "i" => self.flag_i = true,
            "m" => self.flag_m = true,
            "s" => self.flag_s = true,
            "cidr" => self.kind(Kind::Cidr)?,
            "fieldref" => self.kind(Kind::Field)?,
            "exists" => self.kind(Kind::Exists)?,
            "lt" => self.kind(Kind::Order(Order::Less))?,
            "lte" => self.kind(Kind::Order(Order::LessOrEqual))?,
            "gt" => self.kind(Kind::Order(Order::Greater))?,
            "gte" => self.kind(Kind::Order(Order::GreaterOrEqual))?,
            "base64" => self.encodings.push(Encoding::Base64),
            "base64offset" => self.encodings.push(Encoding::Base64Offset),
            "wide" | "utf16le" => self.encodings.push(Encoding::Utf16Le),
            "utf16be" => self.encodings.push(Encoding::Utf16Be),
            "utf16" => self.encodings.push(Encoding::Utf16),
            _ => match Part::named(name) {
                Some(part) if self.part.is_none() => self.part = Some(part),
                Some(_) => return Err("two parts of a date on one field".to_owned()),
                None => {
                    return Err(format!(
                        "the modifier {} is not known",
                        super::fault::quoted(name)
                    ));
                }
            },
        }
        Ok(())
    }

    fn kind(&mut self, kind: Kind) -> Result<(), String> {
        if self.kind != Kind::Plain && self.kind != kind {
            return Err(format!(
                "`{}` and `{}` exclude one another",
                self.kind.name(),
                kind.name()
            ));
        }
        self.kind = kind;
        Ok(())
    }

    fn checked(self) -> Result<Self, String> {
        let anchored = self.open_start || self.open_end;
        let text_only = [
            (self.dashes, "windash"),
            (!self.encodings.is_empty(), "an encoding"),
            (self.expand, "expand"),
        ];
        let text_only = text_only.iter().find(|(given, _)| *given);
        let kind = self.kind.name();
        let wrong = match self.kind {
            Kind::Plain if self.part.is_some() && (anchored || text_only.is_some()) => {
                Some("a part of a date is a number")
            }
            Kind::Plain => None,
            Kind::Regex if self.cased && self.flag_i => Some("`cased` and `i` exclude one another"),
            Kind::Regex | Kind::Cidr | Kind::Field if self.part.is_some() => {
                Some("a part of a date is a number")
            }
            Kind::Regex | Kind::Field => None,
            Kind::Cidr if self.cased || anchored => Some("`cidr` takes no modifier of texts"),
            Kind::Cidr => None,
            Kind::Exists
                if self.not || self.all || self.part.is_some() || self.cased || anchored =>
            {
                Some("`exists` stands alone")
            }
            Kind::Exists => None,
            Kind::Order(_) if self.cased || anchored => Some("numbers take no modifier of texts"),
            Kind::Order(_) => None,
        };
        if let Some(wrong) = wrong {
            return Err(wrong.to_owned());
        }
        match text_only {
            Some((_, name)) if self.kind != Kind::Plain => {
                Err(format!("{name} does not go with `{kind}`"))
            }
            _ => Ok(self),
        }
    }
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Regex => "re",
            Self::Cidr => "cidr",
            Self::Field => "fieldref",
            Self::Exists => "exists",
            Self::Order(Order::Less) => "lt",
            Self::Order(Order::LessOrEqual) => "lte",
            Self::Order(Order::Greater) => "gt",
            Self::Order(Order::GreaterOrEqual) => "gte",
        }
    }
}

impl Order {
    /// Whether `left` stands to `right` so.
    pub fn holds(self, left: f64, right: f64) -> bool {
        match self {
            Self::Less => left < right,
            Self::LessOrEqual => left <= right,
            Self::Greater => left > right,
            Self::GreaterOrEqual => left >= right,
        }
    }
}
