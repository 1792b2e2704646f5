//! Facts about invocations and sightings of functions as columns.

use super::native::{Fixed, LowCardinality, Nullable, Text, table};
use crate::model::{FunctionSighting, InvocationFact, ToldBy, UnixNano};

table! {
    /// Columns of `invocation_facts`.
    InvocationFacts = "invocation_facts" {
        function_key: LowCardinality = "function_key" "LowCardinality(String)",
        account: LowCardinality = "account" "LowCardinality(String)",
        invocation_id: Text = "invocation_id" "String",
        day: Fixed<u16> = "day" "Date",
        told_by: Fixed<u16> = "told_by" "UInt16",
        start_min: Fixed<i64> = "start_min" "DateTime64(9)",
        start_max: Fixed<i64> = "start_max" "DateTime64(9)",
        span_start: Nullable<i64> = "span_start" "Nullable(DateTime64(9))",
        platform: LowCardinality = "platform" "LowCardinality(String)",
        version: LowCardinality = "version" "LowCardinality(String)",
        instance: Text = "instance" "String",
        trigger: LowCardinality = "trigger" "LowCardinality(String)",
        runtime: LowCardinality = "runtime" "LowCardinality(String)",
        architecture: LowCardinality = "architecture" "LowCardinality(String)",
        memory_size_mb: Nullable<u32> = "memory_size_mb" "Nullable(UInt32)",
        memory_used_mb: Nullable<u32> = "memory_used_mb" "Nullable(UInt32)",
        span_duration_ms: Nullable<f64> = "span_duration_ms" "Nullable(Float64)",
        platform_duration_ms: Nullable<f64> = "platform_duration_ms" "Nullable(Float64)",
        billed_duration_ms: Nullable<f64> = "billed_duration_ms" "Nullable(Float64)",
        init_duration_ms: Nullable<f64> = "init_duration_ms" "Nullable(Float64)",
        init_kind: LowCardinality = "init_kind" "LowCardinality(String)",
        cold_start_span: Nullable<u8> = "cold_start_span" "Nullable(UInt8)",
        cold_start_init: Nullable<u8> = "cold_start_init" "Nullable(UInt8)",
        cold_start_report: Nullable<u8> = "cold_start_report" "Nullable(UInt8)",
        cold_start_inferred: Nullable<u8> = "cold_start_inferred" "Nullable(UInt8)",
        status_rank: Fixed<u8> = "status_rank" "UInt8",
        error_type: LowCardinality = "error_type" "LowCardinality(String)",
        trace_id: Text = "trace_id" "String",
        span_id: Text = "span_id" "String",
        cpu_ms: Nullable<f64> = "cpu_ms" "Nullable(Float64)",
        throttled: Fixed<u8> = "throttled" "UInt8",
        platform_runtime: LowCardinality = "platform_runtime" "LowCardinality(String)",
        platform_memory_size_mb: Nullable<u32> = "platform_memory_size_mb" "Nullable(UInt32)",
        init_span_duration_ms: Nullable<f64> = "init_span_duration_ms" "Nullable(Float64)",
        platform_trace_id: Text = "platform_trace_id" "String",
    }
}

impl InvocationFacts {
    pub(super) fn push(&mut self, fact: &InvocationFact) {
        let from_span = fact.told_by == ToldBy::Span;
        self.function_key.push(&fact.function_id.key());
        self.account.push(&fact.function_id.escaped_account());
        self.invocation_id.push(&fact.invocation_id);
        self.day.push(date(fact.start));
        self.told_by.push(fact.told_by as u16);
        self.start_min.push(fact.start.0);
        self.start_max.push(fact.start.0);
        self.span_start.push(from_span.then_some(fact.start.0));
        self.platform.push(&fact.platform);
        self.version.push(&fact.version);
        self.instance.push(&fact.instance);
        self.trigger.push(&fact.trigger);
        self.runtime.push(&fact.runtime);
        self.architecture.push(&fact.architecture);
        self.memory_size_mb.push(fact.memory_size_mb);
        self.memory_used_mb.push(fact.memory_used_mb);
        self.span_duration_ms
            .push(fact.duration_ms.filter(|_| from_span));
        self.platform_duration_ms
            .push(fact.duration_ms.filter(|_| !from_span));
        self.billed_duration_ms.push(fact.billed_duration_ms);
        let from_init_span = fact.told_by == ToldBy::InitSpan;
        self.init_duration_ms
            .push(fact.init_duration_ms.filter(|_| !from_init_span));
        self.init_span_duration_ms
            .push(fact.init_duration_ms.filter(|_| from_init_span));
        self.init_kind
            .push(fact.init_kind.map_or("", |kind| kind.as_str()));
        self.push_cold_start(fact);
        self.status_rank.push(fact.status as u8);
        self.error_type.push(&fact.error_type);
        self.push_trace(fact);
        self.cpu_ms.push(fact.cpu_ms);
        self.throttled.push(u8::from(fact.throttled));
        self.platform_runtime.push(&fact.platform_runtime);
        self.platform_memory_size_mb
            .push(fact.platform_memory_size_mb);
        self.rows += 1;
    }

    fn sorted(&self) -> Option<Vec<u32>> {
        None
    }

    /// The platform's trace may be another than the function's. That of an init span often is a random
    /// one, which says nothing of the invocation.
    fn push_trace(&mut self, fact: &InvocationFact) {
        let (own, platform) = match fact.told_by {
            ToldBy::Span => (fact.trace_id.as_str(), ""),
            ToldBy::InitSpan => ("", ""),
            _ => ("", fact.trace_id.as_str()),
        };
        self.trace_id.push(own);
        self.platform_trace_id.push(platform);
        self.span_id.push(&fact.span_id);
    }

    /// Each kind of source has a column of its own; the view `invocations` decides which one counts.
    fn push_cold_start(&mut self, fact: &InvocationFact) {
        let cold = fact.cold_start.map(u8::from);
        let inferred = fact.cold_start_inferred;
        let said = |by: bool| cold.filter(|_| by && !inferred);
        let (span, init) = (
            fact.told_by == ToldBy::Span,
            fact.told_by == ToldBy::InitSpan,
        );
        self.cold_start_span.push(said(span));
        self.cold_start_init.push(said(init));
        self.cold_start_report.push(said(!span && !init));
        self.cold_start_inferred.push(cold.filter(|_| inferred));
    }
}

table! {
    /// Columns of `functions`.
    Functions = "functions" {
        function_id: LowCardinality = "function_id" "LowCardinality(String)",
        provider: LowCardinality = "provider" "LowCardinality(String)",
        account: LowCardinality = "account" "LowCardinality(String)",
        region: LowCardinality = "region" "LowCardinality(String)",
        name: Text = "name" "String",
        platform: LowCardinality = "platform" "LowCardinality(String)",
        runtime: LowCardinality = "runtime" "LowCardinality(String)",
        architecture: LowCardinality = "architecture" "LowCardinality(String)",
        service_name: Text = "service_name" "String",
        memory_size_mb: Nullable<u32> = "memory_size_mb" "Nullable(UInt32)",
        first_seen: Fixed<i64> = "first_seen" "DateTime64(3)",
        last_seen: Fixed<i64> = "last_seen" "DateTime64(3)",
        last_span: Nullable<i64> = "last_span" "Nullable(DateTime64(3))",
        last_log: Nullable<i64> = "last_log" "Nullable(DateTime64(3))",
        last_metric: Nullable<i64> = "last_metric" "Nullable(DateTime64(3))",
    }
}

impl Functions {
    pub(super) fn push(&mut self, sighting: &FunctionSighting) {
        self.function_id.push(&sighting.function_id.to_string());
        self.provider.push(&sighting.function_id.provider);
        self.account.push(&sighting.function_id.account);
        self.region.push(&sighting.function_id.region);
        self.name.push(&sighting.function_id.name);
        self.platform.push(&sighting.platform);
        self.runtime.push(&sighting.runtime);
        self.architecture.push(&sighting.architecture);
        self.service_name.push(&sighting.service_name);
        self.memory_size_mb.push(sighting.memory_size_mb);
        self.first_seen.push(sighting.first_seen.as_millis());
        self.last_seen.push(sighting.last_seen.as_millis());
        self.last_span
            .push(sighting.last_span.map(UnixNano::as_millis));
        self.last_log
            .push(sighting.last_log.map(UnixNano::as_millis));
        self.last_metric
            .push(sighting.last_metric.map(UnixNano::as_millis));
        self.rows += 1;
    }

    fn sorted(&self) -> Option<Vec<u32>> {
        None // a handful of rows
    }
}

/// Days since the epoch as ClickHouse's `Date` holds them: 1970-01-01 to 2149-06-06.
fn date(at: UnixNano) -> u16 {
    u16::try_from(at.day().max(0)).unwrap_or(u16::MAX)
}
