//! What is counted and in which unit it is priced.

use serde::Deserialize;

use crate::cost::decimal::Decimal;

/// What a price is for: which quantity of an invocation, or of something that stands ready, it takes.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[serde(rename_all = "kebab-case")]
pub enum Dimension {
    /// Invocations.
    Requests,
    /// Billed memory over billed time.
    GbS,
    /// The clock that comes with the memory, over billed time.
    GhzS,
    /// Processors over billed time.
    VcpuS,
    /// Processor time, ms.
    CpuMs,
    /// Ephemeral storage beyond what is included, over billed time.
    EphemeralGbS,
    /// Memory restored from a snapshot.
    RestoreGb,
    /// What left for the internet.
    EgressGb,
    /// Instances that stand ready, hours.
    InstanceHours,
    /// Their processors, hours.
    VcpuHours,
    /// Their memory, hours.
    GbHours,
    /// A subscription.
    Months,
}

/// The unit a price names.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
pub enum Unit {
    /// One request.
    #[serde(rename = "request")]
    Request,
    /// A million requests.
    #[serde(rename = "1M requests")]
    MillionRequests,
    /// A GB (1024 MiB) for a second.
    #[serde(rename = "GB-s")]
    GbSecond,
    /// The same, as Google Cloud writes it.
    #[serde(rename = "GiB-s")]
    GibSecond,
    /// A GHz for a second.
    #[serde(rename = "GHz-s")]
    GhzSecond,
    /// A processor for a second.
    #[serde(rename = "vCPU-s")]
    VcpuSecond,
    /// A million ms of processor time.
    #[serde(rename = "1M CPU-ms")]
    MillionCpuMs,
    /// A GB.
    #[serde(rename = "GB")]
    Gb,
    /// An instance for an hour.
    #[serde(rename = "hour")]
    Hour,
    /// A processor for an hour.
    #[serde(rename = "vCPU-h")]
    VcpuHour,
    /// A GB for an hour.
    #[serde(rename = "GB-h")]
    GbHour,
    /// A month.
    #[serde(rename = "month")]
    Month,
}

impl Unit {
    /// How many of the unit that quantities are counted in, as a factor of a price: a price per million
    /// is a millionth for one.
    #[must_use]
    pub fn factor(self) -> Decimal {
        match self {
            Self::MillionRequests | Self::MillionCpuMs => Decimal::new(1.into(), 6),
            _ => 1.into(),
        }
    }

    /// Whether a price of this unit can be one of `dimension`.
    #[must_use]
    pub fn fits(self, dimension: Dimension) -> bool {
        use Dimension as D;
        match self {
            Self::Request | Self::MillionRequests => dimension == D::Requests,
            Self::GbSecond | Self::GibSecond => {
                matches!(dimension, D::GbS | D::EphemeralGbS)
            }
            Self::GhzSecond => dimension == D::GhzS,
            Self::VcpuSecond => dimension == D::VcpuS,
            Self::MillionCpuMs => dimension == D::CpuMs,
            Self::Gb => matches!(dimension, D::RestoreGb | D::EgressGb),
            Self::Hour => dimension == D::InstanceHours,
            Self::VcpuHour => dimension == D::VcpuHours,
            Self::GbHour => dimension == D::GbHours,
            Self::Month => dimension == D::Months,
        }
    }

    /// As a price list writes it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Request => "request",
            Self::MillionRequests => "1M requests",
            Self::GbSecond => "GB-s",
            Self::GibSecond => "GiB-s",
            Self::GhzSecond => "GHz-s",
            Self::VcpuSecond => "vCPU-s",
            Self::MillionCpuMs => "1M CPU-ms",
            Self::Gb => "GB",
            Self::Hour => "hour",
            Self::VcpuHour => "vCPU-h",
            Self::GbHour => "GB-h",
            Self::Month => "month",
        }
    }
}

impl Dimension {
    /// As books spell it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Requests => "requests",
            Self::GbS => "gb-s",
            Self::GhzS => "ghz-s",
            Self::VcpuS => "vcpu-s",
            Self::CpuMs => "cpu-ms",
            Self::EphemeralGbS => "ephemeral-gb-s",
            Self::RestoreGb => "restore-gb",
            Self::EgressGb => "egress-gb",
            Self::InstanceHours => "instance-hours",
            Self::VcpuHours => "vcpu-hours",
            Self::GbHours => "gb-hours",
            Self::Months => "months",
        }
    }

    /// The unit its quantities are counted in.
    #[must_use]
    pub const fn counted_in(self) -> &'static str {
        match self {
            Self::Requests => "requests",
            Self::GbS | Self::EphemeralGbS => "GB-s",
            Self::GhzS => "GHz-s",
            Self::VcpuS => "vCPU-s",
            Self::CpuMs => "CPU-ms",
            Self::RestoreGb | Self::EgressGb => "GB",
            Self::InstanceHours => "hours",
            Self::VcpuHours => "vCPU-h",
            Self::GbHours => "GB-h",
            Self::Months => "months",
        }
    }
}
