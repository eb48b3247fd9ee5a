//! Who the key belongs to, and which version answers.

use super::API;
use super::answer::Answer;
use serde_json::{Value, json};

/// The one user of the simulated MAAS, an administrator.
pub(super) const USER: &str = "admin";

pub(super) fn version() -> Answer {
    Answer::json(&json!({
        "version": "3.7.3",
        "subversion": "",
        "capabilities": [
            "networks-management", "static-ipaddresses", "ipv6-deployment-ubuntu", "devices-management",
            "storage-deployment-ubuntu", "network-deployment-ubuntu", "bridging-interface-ubuntu",
            "bridging-automatic-ubuntu", "authenticate-api",
        ],
    }))
}

pub(super) fn who_am_i() -> Answer {
    Answer::json(&user())
}

pub(super) fn users() -> Answer {
    Answer::json(&json!([user()]))
}

fn user() -> Value {
    json!({
        "username": USER, "email": "admin@example.com", "is_superuser": true, "is_local": true,
        "resource_uri": format!("{API}users/{USER}/"),
    })
}
