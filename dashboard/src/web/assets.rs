//! Static files: embedded, named by their hash, kept by browsers for ever.

use std::collections::HashMap;

use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, VARY};
use http::{HeaderMap, HeaderValue, StatusCode};
use rust_embed::Embed;
use sha2::{Digest, Sha256};

use super::compress;

#[derive(Embed)]
#[folder = "static/"]
struct Files;

/// All static files by the name in their URL.
pub(crate) struct Assets {
    files: HashMap<String, Asset>,
    pub(crate) css: String,
    pub(crate) js: String,
    pub(crate) icon: String,
}

struct Asset {
    content_type: &'static str,
    plain: Bytes,
    gzip: Bytes,
}

impl Assets {
    /// Reads and compresses all files once.
    pub(crate) fn load() -> Self {
        let mut assets = Self {
            files: HashMap::new(),
            css: String::new(),
            js: String::new(),
            icon: String::new(),
        };
        for name in Files::iter() {
            let Some(file) = Files::get(&name) else {
                continue;
            };
            let hash = hex::encode(&Sha256::digest(&file.data)[..6]);
            let (stem, suffix) = name.rsplit_once('.').unwrap_or((&name, "bin"));
            let hashed = format!("{stem}.{hash}.{suffix}");
            let url = format!("/static/{hashed}");
            match &*name {
                "app.css" => assets.css = url,
                "app.js" => assets.js = url,
                "icon.svg" => assets.icon = url,
                _ => {}
            }
            let plain = Bytes::from(file.data.into_owned());
            let asset = Asset {
                content_type: content_type(suffix),
                gzip: compress::gzip(&plain),
                plain,
            };
            assets.files.insert(hashed, asset);
        }
        assets
    }

    /// The file of this name, if there is one. Only names in the map are answered, so no path can
    /// lead anywhere else.
    pub(crate) fn get(&self, name: &str, accepts_gzip: bool) -> (StatusCode, HeaderMap, Bytes) {
        let mut headers = HeaderMap::new();
        let Some(asset) = self.files.get(name) else {
            headers.insert(
                CONTENT_TYPE,
                HeaderValue::from_static("text/plain; charset=utf-8"),
            );
            return (
                StatusCode::NOT_FOUND,
                headers,
                Bytes::from_static(b"no such file\n"),
            );
        };
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(asset.content_type));
        let forever = HeaderValue::from_static("public, max-age=31536000, immutable");
        headers.insert(CACHE_CONTROL, forever);
        headers.insert(VARY, HeaderValue::from_static("accept-encoding"));
        if accepts_gzip {
            headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
            return (StatusCode::OK, headers, asset.gzip.clone());
        }
        (StatusCode::OK, headers, asset.plain.clone())
    }
}

fn content_type(suffix: &str) -> &'static str {
    match suffix {
        "css" => "text/css; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "svg" => "image/svg+xml",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_found_by_their_hashed_name_only() {
        let assets = Assets::load();
        for url in [&assets.css, &assets.js, &assets.icon] {
            let name = url.strip_prefix("/static/").expect("a static file");
            assert_eq!(assets.get(name, false).0, StatusCode::OK, "{url}");
            assert!(assets.get(name, true).1.contains_key(CONTENT_ENCODING));
        }
        for name in ["app.css", "../src/lib.rs", "..%2f", "", "/etc/passwd"] {
            assert_eq!(assets.get(name, false).0, StatusCode::NOT_FOUND, "{name}");
        }
    }

    #[test]
    fn our_own_script_stays_small_and_touches_no_other_origin() {
        let script = Files::get("app.js").expect("a script").data;
        assert!(script.len() < 4_096, "{} bytes", script.len());
        for name in Files::iter() {
            let data = Files::get(&name).expect("a file").data;
            let text = String::from_utf8_lossy(&data).replace("http://www.w3.org/", "");
            assert!(
                !text.contains("http://") && !text.contains("https://"),
                "{name}"
            );
            assert!(!text.contains("@import"), "{name}");
        }
    }
}
