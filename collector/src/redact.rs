//! Credentials taken out of a request after it was decoded and before anything is kept: neither the spool nor
//! ClickHouse nor what is kept aside ever holds them.

use std::fs::OpenOptions;
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use bytes::Bytes;
use rand::Rng;
use threats::secrets::{Redactor, Secrets};

use crate::decode::rewrite;
use crate::refusal::Refusal;
use crate::signal::Signal;

/// The file in the spool's folder that holds the key of fingerprints.
const KEY_FILE: &str = "redaction.key";
/// Its bytes: as many as the hash under it has.
const KEY_BYTES: usize = 32;

/// Takes credentials out of requests.
pub(crate) struct Redact {
    redactor: Redactor,
}

impl Redact {
    /// With our rules, and the key of fingerprints that lies in the spool's folder; it is made on first use.
    ///
    /// # Errors
    /// The key cannot be read or made.
    pub(crate) fn open(folder: &Path) -> io::Result<Self> {
        std::fs::create_dir_all(folder)?;
        let key = key(&folder.join(KEY_FILE))?;
        Ok(Self {
            redactor: Redactor::new(Secrets::built_in(), &key),
        })
    }

    /// The request without credentials: the same bytes where it has none.
    ///
    /// # Errors
    /// A refusal where it would become larger than `limit` bytes, since what stands in the place of a short
    /// credential is longer than it.
    pub(crate) fn request(
        &self,
        signal: Signal,
        plain: Bytes,
        limit: usize,
    ) -> Result<Bytes, Refusal> {
        let mut change = |name: &str, text: &str| {
            let redacted = self.redactor.redact_named(name, text);
            redacted.map(|(text, _)| text)
        };
        match rewrite::texts(signal, &plain, &mut change) {
            Ok(None) => Ok(plain),
            Ok(Some(changed)) if changed.len() <= limit => Ok(changed.into()),
            Ok(Some(_)) => Err(Refusal::too_large(
                limit,
                "after its credentials were redacted",
            )),
            // It was checked, so this cannot be; but to keep it as it is would break the promise.
            Err(_) => Err(Refusal::internal("redacting the request")),
        }
    }
}

fn key(path: &Path) -> io::Result<[u8; KEY_BYTES]> {
    let mut key = [0; KEY_BYTES];
    match OpenOptions::new().read(true).open(path) {
        Ok(mut file) => {
            file.read_exact(&mut key).map_err(|error| {
                let path = path.display();
                let why = format!(
                    "{path} is no key of {KEY_BYTES} bytes ({error}); delete it to have a new one"
                );
                io::Error::new(io::ErrorKind::InvalidData, why)
            })?;
            return Ok(key);
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    rand::rng().fill_bytes(&mut key);
    let mut options = OpenOptions::new();
    let mut file = options
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)?;
    file.write_all(&key)?;
    file.sync_all()?;
    Ok(key)
}
