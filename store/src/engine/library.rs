//! Finding the engine's library.

use std::path::{Path, PathBuf};

use super::EngineError;

/// File name of the library.
pub const LIBRARY_NAME: &str = "libchdb.so";
/// The version this release is tested with; also the name of its folder in the cache.
pub const VERSION: &str = "26.7.3-stable.1";

/// The first of `places` that is the library or a folder that holds it.
pub(super) fn find(places: &[PathBuf]) -> Result<PathBuf, EngineError> {
    let candidates = || places.iter().map(|place| in_place(place));
    candidates()
        .find(|path| path.is_file())
        .ok_or_else(|| EngineError::LibraryNotFound {
            looked: candidates()
                .map(|p| p.display().to_string())
                .collect::<Vec<_>>()
                .join(", "),
        })
}

fn in_place(place: &Path) -> PathBuf {
    if place.is_dir() {
        place.join(LIBRARY_NAME)
    } else {
        place.to_owned()
    }
}
