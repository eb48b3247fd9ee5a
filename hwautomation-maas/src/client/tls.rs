//! Whom to trust: the system's certificate authorities, and those of one file.

use hwautomation_core::error::{Error, Result};
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use rustls_platform_verifier::Verifier;
use std::path::Path;
use std::sync::Arc;
use url::Url;

/// Makes the TLS settings for an endpoint. The provider is named here, so that nobody else's choice in this
/// process matters.
pub(super) fn client(base: &Url, ca_file: Option<&Path>) -> Result<ClientConfig> {
    let provider = Arc::new(ring::default_provider());
    let extra = ca_file.map(certificates).transpose()?.unwrap_or_default();
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|cause| Error::internal("choosing TLS versions").with_source(cause))?;
    if base.scheme() == "http" {
        // No TLS will be spoken, so a computer without authorities may speak.
        return Ok(builder.with_root_certificates(RootCertStore::empty()).with_no_client_auth());
    }
    let verifier = Arc::new(verifier(extra, provider, ca_file)?);
    // The platform's verifier is "dangerous" to rustls only in not being its own.
    Ok(builder.dangerous().with_custom_certificate_verifier(verifier).with_no_client_auth())
}

fn verifier(
    extra: Vec<CertificateDer<'static>>,
    provider: Arc<CryptoProvider>,
    ca_file: Option<&Path>,
) -> Result<Verifier> {
    Verifier::new_with_extra_roots(extra, provider).map_err(|cause| {
        let file = ca_file.map(|file| format!(" and {}", file.display())).unwrap_or_default();
        Error::invalid(format!("loading the system's certificate authorities{file}"))
            .with_remedy(
                "install the system's CA certificates, and name in ca_file a PEM file of X.509 certificates",
            )
            .with_source(cause)
    })
}

fn certificates(file: &Path) -> Result<Vec<CertificateDer<'static>>> {
    let wrong = |what: &str| {
        Error::invalid(format!("reading ca_file {}: {what}", file.display())).with_remedy(
            "name a readable PEM file with at least one `BEGIN CERTIFICATE` block, or leave ca_file out",
        )
    };
    let read = CertificateDer::pem_file_iter(file)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|cause| wrong("it is not readable").with_source(cause))?;
    if read.is_empty() { Err(wrong("it holds no certificate")) } else { Ok(read) }
}
