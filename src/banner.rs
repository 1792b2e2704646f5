//! What a person sees when the product has started.

use std::net::SocketAddr;

/// Where to send data and where to look.
#[allow(clippy::print_stdout)] // this is for the person at the terminal
pub fn print(
    grpc: Option<SocketAddr>,
    http: Option<SocketAddr>,
    dashboard: Option<SocketAddr>,
    alerts_alone: Option<SocketAddr>,
) {
    println!("Nephoscope {} is ready.", env!("CARGO_PKG_VERSION"));
    if let Some(address) = grpc {
        println!("  send  OTLP/gRPC  http://{address}");
    }
    if let Some(address) = http {
        println!("  send  OTLP/HTTP  http://{address}");
    }
    if let Some(address) = dashboard {
        println!("  look  dashboard  http://{address}/");
        println!("  connect a function: http://{address}/connect");
    }
    if let Some(address) = alerts_alone {
        println!("  alert Alertmanager's API  http://{address}");
    }
}
