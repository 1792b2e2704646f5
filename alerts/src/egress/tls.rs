//! Whom we believe behind HTTPS: the public authorities, or those that a receiver's `tls_config` names.

use std::sync::Arc;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore};

use super::Error;

/// Certificates of one receiver, as PEM.
#[derive(Clone, Default)]
pub struct Tls {
    /// Authorities that are believed in place of the public ones.
    pub ca: Option<Vec<u8>>,
    /// Our own certificate and its key, where the receiver asks for one.
    pub identity: Option<(Vec<u8>, Vec<u8>)>,
    /// The name that its certificate bears, if it is not the address's host.
    pub server_name: Option<String>,
}

impl Tls {
    /// What rustls needs to know.
    ///
    /// # Errors
    /// [`Error::File`] when a certificate or key cannot be read; `named` says whose.
    pub fn config(&self, named: &str) -> Result<ClientConfig, Error> {
        let fault = |why: &str| Error::File {
            file: named.to_owned(),
            why: why.to_owned(),
        };
        let mut roots = RootCertStore::empty();
        match &self.ca {
            None => roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned()),
            Some(pem) => {
                for certificate in CertificateDer::pem_slice_iter(pem) {
                    let certificate =
                        certificate.map_err(|_| fault("the `ca` is no PEM certificate"))?;
                    roots
                        .add(certificate)
                        .map_err(|_| fault("the `ca` cannot be used"))?;
                }
                if roots.is_empty() {
                    return Err(fault("the `ca` holds no PEM certificate"));
                }
            }
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|_| fault("no protocol version in common"))?
            .with_root_certificates(roots);
        let Some((certificate, key)) = &self.identity else {
            return Ok(builder.with_no_client_auth());
        };
        let chain = CertificateDer::pem_slice_iter(certificate).collect::<Result<Vec<_>, _>>();
        let chain = chain.map_err(|_| fault("the `cert` is no PEM certificate"))?;
        let key = PrivateKeyDer::from_pem_slice(key);
        let key = key.map_err(|_| fault("the `key` is no PEM private key"))?;
        let identity = builder.with_client_auth_cert(chain, key);
        identity.map_err(|_| fault("`cert` and `key` do not belong together"))
    }
}
