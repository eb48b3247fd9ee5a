//! Logging in with a password, which no plan asks for yet.

use std::sync::Arc;

use russh::client;
use russh::keys::PublicKeyOrCertificate;
use tokio::net::TcpListener;

use super::double::{Double, View};
use crate::host::door::Door;
use crate::log::Outcome;

struct Trusting;

impl client::Handler for Trusting {
    type Error = russh::Error;

    async fn check_server_key(&mut self, _: &PublicKeyOrCertificate) -> Result<bool, Self::Error> {
        Ok(true)
    }
}

#[tokio::test]
async fn the_right_password_alone_lets_the_login_user_in() {
    let double = Double::new();
    double.with(|state| state.password = Some("right".to_owned()));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = tokio::spawn(Arc::new(Door::new(Arc::new(View(double.clone())))).serve(listener));
    for (user, password, wanted) in
        [("ubuntu", "right", true), ("ubuntu", "wrong", false), ("root", "right", false)]
    {
        let mut session = client::connect(Arc::default(), address, Trusting).await.unwrap();
        let answer = session.authenticate_password(user, password).await.unwrap();
        assert_eq!(answer.success(), wanted, "{user} {password}");
    }
    let login = |outcome| ("login with a password".to_owned(), outcome);
    assert_eq!(double.log(), [Outcome::TookEffect, Outcome::Refused, Outcome::Refused].map(login));
    server.abort();
}
