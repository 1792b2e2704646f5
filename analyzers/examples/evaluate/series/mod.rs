//! Series made up from seeds: the rhythms, noises and mishaps of spend, traffic and machines. Some
//! families were looked at while constants were chosen, others only when the table was made.

pub mod hourly;
pub mod machine;
pub mod random;
