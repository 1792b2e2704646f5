//! `ExportMetricsServiceRequest`. Points of all kinds are one type here: each kind fills its part.

use std::ops::Range;

use super::common::{Resource, Scope};
use super::lists::{Extent, List, Lists, Of};
use super::reader::{Depth, Malformed, Reader, Wire};
use super::value;

/// A request with its metrics and points each in one list.
#[derive(Default)]
pub(crate) struct Metrics<'a> {
    pub(crate) resources: Vec<ResourceMetrics<'a>>,
    pub(crate) scopes: Vec<ScopeMetrics<'a>>,
    pub(crate) metrics: Vec<Metric<'a>>,
    pub(crate) points: Vec<Point>,
    pub(crate) exemplars: Vec<Exemplar<'a>>,
    /// Bucket counts of all points.
    pub(crate) counts: Vec<u64>,
    /// Explicit bounds of all points.
    pub(crate) bounds: Vec<f64>,
    /// Quantiles of all summaries with their values.
    pub(crate) quantiles: Vec<(f64, f64)>,
    pub(crate) lists: Lists<'a>,
    /// Counts of the point that is being read, which may come in parts.
    positive: Vec<u64>,
    negative: Vec<u64>,
}

/// A resource and its scopes in [`Metrics::scopes`].
#[derive(Default)]
pub(crate) struct ResourceMetrics<'a> {
    pub(crate) resource: Resource<'a>,
    pub(crate) schema_url: &'a str,
    pub(crate) scopes: Range<usize>,
}

/// A scope and its metrics in [`Metrics::metrics`].
#[derive(Default)]
pub(crate) struct ScopeMetrics<'a> {
    pub(crate) scope: Scope<'a>,
    pub(crate) schema_url: &'a str,
    pub(crate) metrics: Range<usize>,
}

/// What the points of a metric are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Nothing was told.
    #[default]
    None,
    Gauge,
    Sum,
    Histogram,
    ExpHistogram,
    Summary,
}

/// A `Metric` and its points in [`Metrics::points`].
#[derive(Debug, Default)]
pub(crate) struct Metric<'a> {
    pub(crate) name: &'a str,
    pub(crate) description: &'a str,
    pub(crate) unit: &'a str,
    pub(crate) kind: Kind,
    pub(crate) temporality: i32,
    pub(crate) is_monotonic: bool,
    pub(crate) points: Range<usize>,
}

/// A value as it was told.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Number {
    Double(f64),
    Int(i64),
}

/// A data point of any kind.
#[derive(Debug, Default)]
pub(crate) struct Point {
    pub(crate) attributes: List,
    pub(crate) start_time_unix_nano: u64,
    pub(crate) time_unix_nano: u64,
    pub(crate) flags: u32,
    /// In [`Metrics::exemplars`].
    pub(crate) exemplars: Range<usize>,
    /// Of a gauge or sum.
    pub(crate) value: Option<Number>,
    pub(crate) count: u64,
    pub(crate) sum: Option<f64>,
    pub(crate) min: Option<f64>,
    pub(crate) max: Option<f64>,
    /// Bucket counts, or positive ones, in [`Metrics::counts`].
    pub(crate) counts: Range<usize>,
    /// Negative bucket counts in [`Metrics::counts`].
    pub(crate) negative_counts: Range<usize>,
    /// In [`Metrics::bounds`].
    pub(crate) bounds: Range<usize>,
    pub(crate) scale: i32,
    pub(crate) zero_count: u64,
    pub(crate) positive_offset: i32,
    pub(crate) negative_offset: i32,
    /// In [`Metrics::quantiles`].
    pub(crate) quantiles: Range<usize>,
}

/// An `Exemplar`.
#[derive(Debug, Default)]
pub(crate) struct Exemplar<'a> {
    pub(crate) filtered_attributes: List,
    pub(crate) time_unix_nano: u64,
    pub(crate) span_id: &'a [u8],
    pub(crate) trace_id: &'a [u8],
    pub(crate) value: Option<Number>,
}

impl<'a> Metrics<'a> {
    /// Reads a request.
    pub(crate) fn read(bytes: &'a [u8], extent: Extent) -> Result<Self, Malformed> {
        let mut metrics = Self {
            lists: Lists::new(extent),
            ..Self::default()
        };
        let depth = Depth::TOP;
        let mut reader = Reader::new(bytes);
        while let Some((number, wire)) = reader.key()? {
            match number {
                1 => metrics.resource_metrics(reader.bytes(wire)?, depth.enter()?)?,
                _ => reader.skip(number, wire, depth)?,
            }
        }
        Ok(metrics)
    }

    fn resource_metrics(&mut self, bytes: &'a [u8], depth: Depth) -> Result<(), Malformed> {
        let mut group = ResourceMetrics::default();
        let from = self.scopes.len();
        let mut reader = Reader::new(bytes);
        while let Some((number, wire)) = reader.key()? {
            match number {
                1 => group.resource.merge(reader.bytes(wire)?, depth.enter()?)?,
                2 => self.scope_metrics(reader.bytes(wire)?, depth.enter()?)?,
                3 => group.schema_url = reader.text(wire)?,
                _ => reader.skip(number, wire, depth)?,
            }
        }
        group.scopes = from..self.scopes.len();
        self.resources.push(group);
        Ok(())
    }

    fn scope_metrics(&mut self, bytes: &'a [u8], depth: Depth) -> Result<(), Malformed> {
        let mut group = ScopeMetrics::default();
        let from = self.metrics.len();
        let mut reader = Reader::new(bytes);
        while let Some((number, wire)) = reader.key()? {
            match number {
                1 => group.scope.merge(reader.bytes(wire)?, depth.enter()?)?,
                2 => {
                    let metric = self.metric(reader.bytes(wire)?, depth.enter()?)?;
                    self.metrics.push(metric);
                }
                3 => group.schema_url = reader.text(wire)?,
                _ => reader.skip(number, wire, depth)?,
            }
        }
        group.metrics = from..self.metrics.len();
        self.scopes.push(group);
        Ok(())
    }

    fn metric(&mut self, bytes: &'a [u8], depth: Depth) -> Result<Metric<'a>, Malformed> {
        let mut metric = Metric::default();
        let from = self.points.len();
        let mut reader = Reader::new(bytes);
        while let Some((number, wire)) = reader.key()? {
            let kind = match number {
                1 => {
                    metric.name = reader.text(wire)?;
                    continue;
                }
                2 => {
                    metric.description = reader.text(wire)?;
                    continue;
                }
                3 => {
                    metric.unit = reader.text(wire)?;
                    continue;
                }
                12 => {
                    value::key_value(reader.bytes(wire)?, Some(depth.enter()?))?;
                    continue;
                }
                5 => Kind::Gauge,
                7 => Kind::Sum,
                9 => Kind::Histogram,
                10 => Kind::ExpHistogram,
                11 => Kind::Summary,
                _ => {
                    reader.skip(number, wire, depth)?;
                    continue;
                }
            };
            // Of several kinds the last one counts; more of the same kind goes on.
            if kind != metric.kind {
                self.points.truncate(from);
                (metric.temporality, metric.is_monotonic) = (0, false);
                metric.kind = kind;
            }
            self.data(&mut metric, reader.bytes(wire)?, depth.enter()?)?;
        }
        metric.points = from..self.points.len();
        Ok(metric)
    }

    fn data(
        &mut self,
        metric: &mut Metric<'a>,
        bytes: &'a [u8],
        depth: Depth,
    ) -> Result<(), Malformed> {
        let has_temporality = !matches!(metric.kind, Kind::Gauge | Kind::Summary);
        let mut reader = Reader::new(bytes);
        while let Some((number, wire)) = reader.key()? {
            match number {
                1 => {
                    let point = self.point(metric.kind, reader.bytes(wire)?, depth.enter()?)?;
                    self.points.push(point);
                }
                2 if has_temporality => metric.temporality = reader.int32(wire)?,
                3 if metric.kind == Kind::Sum => metric.is_monotonic = reader.number(wire)? != 0,
                _ => reader.skip(number, wire, depth)?,
            }
        }
        Ok(())
    }

    fn point(&mut self, kind: Kind, bytes: &'a [u8], depth: Depth) -> Result<Point, Malformed> {
        let mut point = Point::default();
        let mut attributes = self.lists.open(Of::Item);
        let (exemplars, bounds) = (self.exemplars.len(), self.bounds.len());
        let quantiles = self.quantiles.len();
        self.positive.clear();
        self.negative.clear();
        let (attributes_number, exemplars_number, flags_number) = match kind {
            Kind::Histogram => (9, 8, 10),
            Kind::ExpHistogram => (1, 11, 10),
            Kind::Summary => (7, 0, 8),
            Kind::None | Kind::Gauge | Kind::Sum => (7, 5, 8),
        };
        let mut reader = Reader::new(bytes);
        while let Some((number, wire)) = reader.key()? {
            if number == attributes_number {
                let bytes = reader.bytes(wire)?;
                self.lists.read(&mut attributes, bytes, depth.enter()?)?;
            } else if number == exemplars_number {
                let exemplar = self.exemplar(reader.bytes(wire)?, depth.enter()?)?;
                self.exemplars.push(exemplar);
            } else if number == flags_number {
                point.flags = reader.uint32(wire)?;
            } else if number == 2 {
                point.start_time_unix_nano = reader.fixed64(wire)?;
            } else if number == 3 {
                point.time_unix_nano = reader.fixed64(wire)?;
            } else {
                let field = (number, wire);
                let is_known = match kind {
                    Kind::None | Kind::Gauge | Kind::Sum => {
                        number_field(&mut point, field, &mut reader)
                    }
                    Kind::Histogram => self.histogram_field(&mut point, field, &mut reader),
                    Kind::ExpHistogram => {
                        self.exp_histogram_field(&mut point, field, &mut reader, depth)
                    }
                    Kind::Summary => self.summary_field(&mut point, field, &mut reader, depth),
                }?;
                if !is_known {
                    reader.skip(number, wire, depth)?;
                }
            }
        }
        point.attributes = self.lists.close(&attributes);
        point.exemplars = exemplars..self.exemplars.len();
        point.bounds = bounds..self.bounds.len();
        point.quantiles = quantiles..self.quantiles.len();
        point.counts = put(&mut self.counts, &self.positive);
        point.negative_counts = put(&mut self.counts, &self.negative);
        Ok(point)
    }

    fn histogram_field(
        &mut self,
        point: &mut Point,
        (number, wire): (u32, Wire),
        reader: &mut Reader<'a>,
    ) -> Result<bool, Malformed> {
        match number {
            4 => point.count = reader.fixed64(wire)?,
            5 => point.sum = Some(reader.double(wire)?),
            6 => reader.fixed64s(wire, |count| self.positive.push(count))?,
            7 => reader.fixed64s(wire, |bound| self.bounds.push(f64::from_bits(bound)))?,
            11 => point.min = Some(reader.double(wire)?),
            12 => point.max = Some(reader.double(wire)?),
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn exp_histogram_field(
        &mut self,
        point: &mut Point,
        (number, wire): (u32, Wire),
        reader: &mut Reader<'a>,
        depth: Depth,
    ) -> Result<bool, Malformed> {
        match number {
            4 => point.count = reader.fixed64(wire)?,
            5 => point.sum = Some(reader.double(wire)?),
            6 => point.scale = reader.sint32(wire)?,
            7 => point.zero_count = reader.fixed64(wire)?,
            8 => {
                let bytes = reader.bytes(wire)?;
                let (offset, counts) = (&mut point.positive_offset, &mut self.positive);
                buckets(bytes, depth.enter()?, offset, counts)?;
            }
            9 => {
                let bytes = reader.bytes(wire)?;
                let (offset, counts) = (&mut point.negative_offset, &mut self.negative);
                buckets(bytes, depth.enter()?, offset, counts)?;
            }
            12 => point.min = Some(reader.double(wire)?),
            13 => point.max = Some(reader.double(wire)?),
            14 => drop(reader.double(wire)?),
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn summary_field(
        &mut self,
        point: &mut Point,
        (number, wire): (u32, Wire),
        reader: &mut Reader<'a>,
        depth: Depth,
    ) -> Result<bool, Malformed> {
        match number {
            4 => point.count = reader.fixed64(wire)?,
            5 => point.sum = Some(reader.double(wire)?),
            6 => {
                let pair = quantile(reader.bytes(wire)?, depth.enter()?)?;
                self.quantiles.push(pair);
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn exemplar(&mut self, bytes: &'a [u8], depth: Depth) -> Result<Exemplar<'a>, Malformed> {
        let mut exemplar = Exemplar::default();
        let mut attributes = self.lists.open(Of::Part);
        let mut reader = Reader::new(bytes);
        while let Some((number, wire)) = reader.key()? {
            match number {
                2 => exemplar.time_unix_nano = reader.fixed64(wire)?,
                3 => exemplar.value = Some(Number::Double(reader.double(wire)?)),
                4 => exemplar.span_id = reader.bytes(wire)?,
                5 => exemplar.trace_id = reader.bytes(wire)?,
                6 => exemplar.value = Some(int(reader.fixed64(wire)?)),
                7 => {
                    let bytes = reader.bytes(wire)?;
                    self.lists.read(&mut attributes, bytes, depth.enter()?)?;
                }
                _ => reader.skip(number, wire, depth)?,
            }
        }
        exemplar.filtered_attributes = self.lists.close(&attributes);
        Ok(exemplar)
    }
}

fn number_field(
    point: &mut Point,
    (number, wire): (u32, Wire),
    reader: &mut Reader<'_>,
) -> Result<bool, Malformed> {
    match number {
        4 => point.value = Some(Number::Double(reader.double(wire)?)),
        6 => point.value = Some(int(reader.fixed64(wire)?)),
        _ => return Ok(false),
    }
    Ok(true)
}

#[allow(clippy::cast_possible_wrap)] // `sfixed64`
const fn int(written: u64) -> Number {
    Number::Int(written as i64)
}

fn buckets(
    bytes: &[u8],
    depth: Depth,
    offset: &mut i32,
    counts: &mut Vec<u64>,
) -> Result<(), Malformed> {
    let mut reader = Reader::new(bytes);
    while let Some((number, wire)) = reader.key()? {
        match number {
            1 => *offset = reader.sint32(wire)?,
            2 => reader.numbers(wire, |count| counts.push(count))?,
            _ => reader.skip(number, wire, depth)?,
        }
    }
    Ok(())
}

fn quantile(bytes: &[u8], depth: Depth) -> Result<(f64, f64), Malformed> {
    let mut pair = (0.0, 0.0);
    let mut reader = Reader::new(bytes);
    while let Some((number, wire)) = reader.key()? {
        match number {
            1 => pair.0 = reader.double(wire)?,
            2 => pair.1 = reader.double(wire)?,
            _ => reader.skip(number, wire, depth)?,
        }
    }
    Ok(pair)
}

/// Appends the values and says where.
fn put(all: &mut Vec<u64>, values: &[u64]) -> Range<usize> {
    let from = all.len();
    all.extend_from_slice(values);
    from..all.len()
}
