//! What MAAS says, as our types. Pure.
//!
//! Unknown fields are ignored and unknown values kept as text: MAAS adds both from release to release.

mod addresses;
mod bmc;
mod complaint;
mod hardware;
mod machine;
mod result;
mod status;
mod tag;

pub(crate) use bmc::{BmcHost, PowerParameters};
pub(crate) use complaint::{Complaint, clean};
pub(crate) use machine::Machine;
pub(crate) use status::Status;
pub(crate) use tag::check_name;

use serde::Deserialize;
use serde::de::DeserializeOwned;

/// Holds the part of a user that we read.
#[derive(Debug, Deserialize)]
pub(crate) struct User {
    pub(crate) username: String,
}

/// Reads an answer, or says where it is broken without repeating any of it: it may hold passwords.
pub(crate) fn decode<T: DeserializeOwned>(body: &[u8]) -> Result<T, String> {
    serde_json::from_slice(body).map_err(|cause| {
        let (line, column) = (cause.line(), cause.column());
        format!("its {} bytes are not what MAAS documents, at line {line} column {column}", body.len())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;
    use std::path::Path;

    /// Reads the answers that a real MAAS gave, as bytes.
    fn answers() -> Vec<(String, Vec<u8>)> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data");
        let files = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
        let json = files.filter(|file| file.extension().is_some_and(|kind| kind == "json"));
        json.map(|file| {
            let recorded: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
            let answer = &recorded["answer"];
            let text = || answer["text"].as_str().unwrap_or_default().to_owned();
            let body = answer.get("json").map_or_else(text, Value::to_string);
            (file.file_name().unwrap().to_str().unwrap().to_owned(), body.into_bytes())
        })
        .collect()
    }

    #[test]
    fn every_recorded_machine_is_read_with_its_id_status_and_words() {
        let machines: Vec<_> = answers().into_iter().filter(|(_, body)| body.starts_with(b"{\"")).collect();
        let shown = |body: &[u8]| serde_json::from_slice::<Value>(body).unwrap();
        let mut count = 0;
        for (file, body) in machines.iter().filter(|(_, body)| shown(body).get("hostname").is_some()) {
            let (machine, shown): (Machine, _) = (decode(body).unwrap(), shown(body));
            assert_eq!(machine.system_id, shown["system_id"], "{file}");
            assert_eq!(machine.status, Status::from(shown["status"].as_i64().unwrap()), "{file}");
            assert!(machine.words().starts_with(shown["status_name"].as_str().unwrap()), "{file}");
            count += 1;
        }
        assert!(count >= 15, "{count}");
    }

    /// Reads a body as everything that it might be taken for.
    fn read_as_all(body: &[u8]) {
        let _ = decode::<Machine>(body)
            .map(|machine| (machine.reading(), machine.host_addresses(), machine.hardware()));
        let _ = decode::<PowerParameters>(body).map(|settings| settings.bmc());
        let _ = decode::<User>(body);
        for kind in ["application/json", "text/html", "text/plain", ""] {
            let _ = Complaint::read(kind, body);
        }
    }

    #[test]
    fn cut_off_and_scrambled_answers_are_errors_and_never_a_panic() {
        let mut noise = 0x9E37_79B9_u32;
        let mut random = move || {
            noise ^= noise << 13;
            noise ^= noise >> 17;
            noise ^= noise << 5;
            noise as usize
        };
        for (_, body) in answers() {
            for cut in 0..body.len().min(200) {
                assert!(decode::<Machine>(&body[..cut]).is_err());
                read_as_all(&body[..cut]);
            }
            for _ in 0..50 {
                let mut scrambled = body.clone();
                for _ in 0..3 {
                    let at = random() % scrambled.len().max(1);
                    if let Some(byte) = scrambled.get_mut(at) {
                        *byte = random() as u8;
                    }
                }
                read_as_all(&scrambled);
            }
        }
        let noise: Vec<u8> = (0..4096).map(|_| random() as u8).collect();
        noise.chunks(64).for_each(read_as_all);
    }
}
