//! The whole product, from outside: real processes, a real engine, real sockets, all on 127.0.0.1.

mod accounts;
mod any_order;
mod backtest;
mod backtest_anomalies;
mod bill;
mod browser;
mod crash;
mod deploys;
mod door;
mod emitters;
mod engine;
mod exactly_once;
mod fleet;
mod forecasts;
mod harness;
mod hops;
mod ingest;
mod observe;
mod overflow;
mod provenance;
mod queues;
mod rollup;
mod schema;
mod tidy;
mod usage;
mod watch;
