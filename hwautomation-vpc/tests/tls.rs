//! Whom the adapter trusts.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use hwautomation_core::error::{Error, ErrorClass, ErrorKind};
use hwautomation_core::secret::Secret;
use hwautomation_core::time::Clock;
use hwautomation_vpc::{TokenSource, VpcConfig};
use rustls::ServerConfig;
use rustls::crypto::ring::default_provider;
use rustls::pki_types::PrivateKeyDer;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use support::{KEY, Service, config, grant};
use tempfile::NamedTempFile;
use tokio_rustls::TlsAcceptor;

/// Starts a service with a certificate of its own making, and writes that down.
async fn self_signed(host: &str) -> (Service, NamedTempFile) {
    let made = rcgen::generate_simple_self_signed([host.to_owned()]).unwrap();
    let key = PrivateKeyDer::Pkcs8(made.signing_key.serialize_der().into());
    let server = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .unwrap();
    let service = Service::start_tls(TlsAcceptor::from(Arc::new(server)), grant("over-tls")).await;
    (service, file(&made.cert.pem()))
}

fn file(text: &str) -> NamedTempFile {
    let mut file = NamedTempFile::new().unwrap();
    file.write_all(text.as_bytes()).unwrap();
    file
}

fn source(url: &str, ca_file: Option<&Path>) -> Result<TokenSource, Error> {
    let config = VpcConfig { ca_file: ca_file.map(Into::into), ..config(url) };
    TokenSource::api_key(&config, Secret::new(KEY), Clock::system())
}

#[tokio::test]
async fn a_certificate_of_the_named_authority_is_accepted() {
    let (service, ca) = self_signed("127.0.0.1").await;
    let source = source(&service.url, Some(ca.path())).unwrap();
    assert_eq!(source.token().await.unwrap().expose(), "over-tls");
}

#[tokio::test]
async fn an_unknown_certificate_is_refused_with_advice_before_the_key_is_sent() {
    let (service, _) = self_signed("127.0.0.1").await;
    let error = source(&service.url, None).unwrap().token().await.unwrap_err();
    assert_eq!((error.kind(), error.class()), (ErrorKind::Security, ErrorClass::Permanent));
    assert!(error.remedy().unwrap().contains("ca_file"));
    assert!(service.seen().is_empty());
}

#[tokio::test]
async fn a_trusted_certificate_for_another_host_is_refused() {
    let (service, ca) = self_signed("iam.example").await;
    let error = source(&service.url, Some(ca.path())).unwrap().token().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Security);
    assert!(service.seen().is_empty());
}

#[test]
fn a_ca_file_that_is_missing_empty_or_no_certificate_is_refused_by_name() {
    let broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    let (empty, broken) = (file("no certificate here\n"), file(broken));
    for path in [Path::new("/does/not/exist.pem"), empty.path(), broken.path()] {
        let error = source("https://iam.cloud.ibm.com", Some(path)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid);
        assert!(error.message().contains(path.to_str().unwrap()), "{error}");
        assert!(error.remedy().unwrap().contains("ca_file"));
    }
}
