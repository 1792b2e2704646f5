//! Which release runs, where the platform itself numbers none: what people and pipelines put into a resource.

use super::identity::Seen;

/// The most exact first: a `service.version` is often never raised. Both names of the revision are in use.
const RELEASE_KEYS: [&str; 4] = [
    "deployment.id",
    "vcs.ref.head.revision",
    "vcs.repository.ref.revision",
    "service.version",
];

/// What the resource says of its release; empty when nothing.
pub(super) fn release<'a>(seen: &Seen<'a>) -> &'a str {
    seen.of_resource(&RELEASE_KEYS)
        .map_or("", |(_, release)| release)
}

/// The same without `service.version`, for platforms whose own parts put their version there.
pub(super) fn exact_release<'a>(seen: &Seen<'a>) -> &'a str {
    seen.of_resource(&RELEASE_KEYS[..3])
        .map_or("", |(_, release)| release)
}

/// The platform's version, or the release where there is none. `$LATEST` is none: every deploy is called so.
pub(super) fn or_release<'a>(version: Option<&'a str>, seen: &Seen<'a>) -> &'a str {
    let version = version.unwrap_or_default();
    match version {
        "" | "$LATEST" => match release(seen) {
            "" => version,
            release => release,
        },
        version => version,
    }
}
