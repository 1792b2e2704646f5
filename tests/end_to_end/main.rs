//! The whole product, from outside: real processes, a real engine, real sockets, all on 127.0.0.1.

mod backtest;
mod browser;
mod crash;
mod door;
mod emitters;
mod engine;
mod exactly_once;
mod fleet;
mod harness;
mod ingest;
mod observe;
mod overflow;
mod rollup;
mod schema;
mod tidy;
