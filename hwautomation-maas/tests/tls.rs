//! Whom the adapter trusts.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use hwautomation_core::error::{ErrorClass, ErrorKind};
use hwautomation_core::plugin::Commissioner;
use hwautomation_core::secret::SecretRef;
use hwautomation_maas::MaasConfig;
use rustls::ServerConfig;
use rustls::crypto::ring::default_provider;
use rustls::pki_types::PrivateKeyDer;
use serde_json::json;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use support::{Service, machine, shown, with};
use tempfile::NamedTempFile;
use tokio_rustls::TlsAcceptor;

/// Starts a MAAS with a certificate of its own making, and writes that down.
async fn self_signed(host: &str) -> (Service, NamedTempFile) {
    let made = rcgen::generate_simple_self_signed([host.to_owned()]).unwrap();
    let key = PrivateKeyDer::Pkcs8(made.signing_key.serialize_der().into());
    let server = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .unwrap();
    let service = Service::start_tls(TlsAcceptor::from(Arc::new(server)), shown(4, json!({}))).await;
    (service, file(&made.cert.pem()))
}

fn file(text: &str) -> NamedTempFile {
    let mut file = NamedTempFile::new().unwrap();
    file.write_all(text.as_bytes()).unwrap();
    file
}

fn config(url: &str, ca_file: Option<&Path>) -> MaasConfig {
    let key = SecretRef::new("static:maas").unwrap();
    MaasConfig { ca_file: ca_file.map(Into::into), ..MaasConfig::new(url, key) }
}

#[tokio::test]
async fn a_certificate_of_the_named_authority_is_accepted() {
    let (service, ca) = self_signed("127.0.0.1").await;
    let maas = with(config(&service.url, Some(ca.path()))).unwrap();
    maas.commission_state(&machine("abc123")).await.unwrap();
}

#[tokio::test]
async fn an_unknown_or_foreign_certificate_is_refused_before_the_key_is_sent() {
    let (unknown, _) = self_signed("127.0.0.1").await;
    let (foreign, ca) = self_signed("other.example").await;
    for config in [config(&unknown.url, None), config(&foreign.url, Some(ca.path()))] {
        let error = with(config).unwrap().enter_rescue(&machine("abc123")).await.unwrap_err();
        assert_eq!((error.kind(), error.class()), (ErrorKind::Security, ErrorClass::Permanent));
        assert!(error.remedy().unwrap().contains("ca_file"));
    }
    assert!(unknown.seen().is_empty() && foreign.seen().is_empty());
}

#[test]
fn a_ca_file_that_is_missing_empty_or_no_certificate_is_refused_by_name() {
    let broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    let (empty, broken) = (file("no certificate here\n"), file(broken));
    for path in [Path::new("/does/not/exist.pem"), empty.path(), broken.path()] {
        let error = with(config("https://maas.example:5443/MAAS", Some(path))).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid);
        assert!(error.message().contains(path.to_str().unwrap()), "{error}");
    }
}
