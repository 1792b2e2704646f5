#![allow(clippy::print_stdout, missing_docs)]
#[path = "../../../benches/detectors/costs.rs"]
mod costs;
#[path = "../../../benches/detectors/operations.rs"]
mod operations;
fn main() {
    let a: Vec<u32> = std::env::args()
        .skip(1)
        .map(|x| x.parse().expect("n"))
        .collect();
    if a[0] > 0 {
        operations::measure(a[0]);
    }
    costs::measure(a[1], a[2]);
}
