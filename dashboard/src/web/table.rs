//! The table behind a page, as JSON and CSV. Column names carry their units.

use serde_json::{Map, Value, json};

use super::context::Context;

/// One value. Text is hostile; numbers are finite.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Cell {
    Text(String),
    Int(i64),
    Float(f64),
    /// An exact decimal, as `-0.0000166667`: a number in CSV, and text in JSON, whose numbers are not.
    Decimal(String),
    Bool(bool),
    /// A list or an object: itself in JSON, its text in CSV.
    Json(Value),
    None,
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<u64> for Cell {
    fn from(n: u64) -> Self {
        Self::Int(i64::try_from(n).unwrap_or(i64::MAX))
    }
}

impl From<u32> for Cell {
    fn from(n: u32) -> Self {
        Self::Int(i64::from(n))
    }
}

impl From<i64> for Cell {
    fn from(n: i64) -> Self {
        Self::Int(n)
    }
}

impl From<f64> for Cell {
    fn from(n: f64) -> Self {
        if n.is_finite() {
            Self::Float(n)
        } else {
            Self::None
        }
    }
}

impl From<bool> for Cell {
    fn from(b: bool) -> Self {
        Self::Bool(b)
    }
}

impl<T: Into<Cell>> From<Option<T>> for Cell {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::None, Into::into)
    }
}

/// A table with a name and the names of its columns.
#[derive(Clone, Debug)]
pub(crate) struct Table {
    name: &'static str,
    columns: &'static [&'static str],
    rows: Vec<Vec<Cell>>,
    truncated: bool,
    extra: Map<String, Value>,
}

impl Table {
    pub(crate) fn new(name: &'static str, columns: &'static [&'static str]) -> Self {
        Self {
            name,
            columns,
            rows: Vec::new(),
            truncated: false,
            extra: Map::new(),
        }
    }

    /// Adds a row: one cell per column.
    pub(crate) fn row(&mut self, cells: Vec<Cell>) {
        debug_assert_eq!(cells.len(), self.columns.len(), "table {}", self.name);
        self.rows.push(cells);
    }

    /// Says that a limit cut the table.
    pub(crate) fn truncated(mut self, truncated: bool) -> Self {
        self.truncated = truncated;
        self
    }

    /// Adds a second table or a fact beside the rows, in JSON only.
    pub(crate) fn with(mut self, key: &str, value: Value) -> Self {
        self.extra.insert(key.to_owned(), value);
        self
    }

    /// The rows as a JSON array of objects.
    pub(crate) fn rows_json(&self) -> Value {
        let object = |row: &Vec<Cell>| {
            let pairs = self.columns.iter().zip(row);
            Value::Object(
                pairs
                    .map(|(k, v)| ((*k).to_owned(), cell_json(v)))
                    .collect(),
            )
        };
        Value::Array(self.rows.iter().map(object).collect())
    }

    /// `{"from_ms", "to_ms", "<name>": [{…}], "truncated"}`.
    pub(crate) fn to_json(&self, ctx: &Context) -> String {
        let window = ctx.window();
        let mut out = json!({
            "from_ms": window.from.as_millis(),
            "to_ms": window.to.as_millis(),
            self.name: self.rows_json(),
            "truncated": self.truncated,
        });
        if let Some(object) = out.as_object_mut() {
            object.extend(self.extra.clone());
        }
        out.to_string()
    }

    /// RFC 4180 with a header line.
    pub(crate) fn to_csv(&self) -> String {
        let mut out = self.columns.join(",");
        out.push_str("\r\n");
        for row in &self.rows {
            for (i, cell) in row.iter().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                match cell {
                    Cell::Text(text) => push_csv_text(&mut out, text),
                    Cell::Decimal(text) => out.push_str(text),
                    Cell::Int(n) => out.push_str(&n.to_string()),
                    Cell::Float(n) => out.push_str(&n.to_string()),
                    Cell::Bool(b) => out.push_str(if *b { "true" } else { "false" }),
                    Cell::Json(value) => push_csv_text(&mut out, &value.to_string()),
                    Cell::None => {}
                }
            }
            out.push_str("\r\n");
        }
        out
    }
}

fn cell_json(cell: &Cell) -> Value {
    match cell {
        Cell::Text(text) | Cell::Decimal(text) => Value::String(text.clone()),
        Cell::Int(n) => json!(n),
        Cell::Float(n) => json!(n),
        Cell::Bool(b) => Value::Bool(*b),
        Cell::Json(value) => value.clone(),
        Cell::None => Value::Null,
    }
}

fn push_csv_text(out: &mut String, text: &str) {
    // A spreadsheet runs what starts like a formula; a leading apostrophe makes it text.
    let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    if formula || text.contains([',', '"', '\n', '\r']) {
        out.push('"');
        if formula {
            out.push('\'');
        }
        out.push_str(&text.replace('"', "\"\""));
        out.push('"');
    } else {
        out.push_str(text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn csv_is_quoted_and_never_a_formula() {
        let mut table = Table::new("rows", &["name", "duration_ms", "cold"]);
        table.row(vec!["a,\"b\"\n".into(), 1.5.into(), true.into()]);
        table.row(vec![
            "=HYPERLINK(\"x\")".into(),
            f64::NAN.into(),
            Cell::None,
        ]);
        assert_eq!(
            table.to_csv(),
            "name,duration_ms,cold\r\n\
             \"a,\"\"b\"\"\n\",1.5,true\r\n\
             \"'=HYPERLINK(\"\"x\"\")\",,\r\n"
        );
    }

    #[test]
    fn json_rows_carry_the_names_of_the_columns_and_null_for_unknown() {
        let mut table = Table::new("rows", &["name", "duration_ms"]);
        table.row(vec!["<x>".into(), Option::<f64>::None.into()]);
        assert_eq!(
            table.rows_json(),
            json!([{"name": "<x>", "duration_ms": null}])
        );
        let mut table = Table::new("rows", &["list"]);
        table.row(vec![Cell::Json(json!(["a,b"]))]);
        assert_eq!(table.rows_json(), json!([{"list": ["a,b"]}]));
        assert_eq!(table.to_csv(), "list\r\n\"[\"\"a,b\"\"]\"\r\n");
    }
}
