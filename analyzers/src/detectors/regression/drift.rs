//! Changes that nobody announced.
