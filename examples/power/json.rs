//! Answers for programs: a JSON object in a line for each host.

use crate::power::answer::{Answer, Failure, Said};
use serde::Serialize;

/// One line. Names stay; more may come.
#[derive(Debug, Serialize)]
struct Line<'a> {
    host: &'a str,
    command: &'a str,
    /// Whether it is as asked.
    ok: bool,
    seconds: f64,
    #[serde(flatten)]
    said: Option<&'a Said>,
    #[serde(flatten)]
    failure: Option<&'a Failure>,
}

/// Writes the line of one host.
pub fn line(host: &str, command: &str, answer: &Answer) -> String {
    let (said, failure) = (answer.result.as_ref().ok(), answer.result.as_ref().err());
    let seconds = (answer.took.as_secs_f64() * 1000.0).round() / 1000.0;
    let line = Line { host, command, ok: answer.is_good(), seconds, said, failure };
    serde_json::to_string(&line)
        .unwrap_or_else(|cause| format!("{{\"host\":{host:?},\"bug\":{:?}}}", cause.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use hwautomation_core::error::{Error, ErrorKind, ErrorRecord};
    use hwautomation_core::plugin::{BootSetting, PowerState};
    use serde_json::{Value, json};
    use std::time::Duration;

    fn read(result: Result<Said, Failure>) -> Value {
        let answer = Answer { result, took: Duration::from_micros(123_456) };
        serde_json::from_str(&line("u1", "on", &answer)).unwrap()
    }

    #[test]
    fn fields_have_stable_names() {
        let expected = json!({"host": "u1", "command": "on", "ok": true, "seconds": 0.123, "power": "on"});
        assert_eq!(read(Ok(Said::power(PowerState::On))), expected);
        let unknown = read(Ok(Said::power(PowerState::Unknown { reason: "busy".to_owned() })));
        assert_eq!(
            (&unknown["ok"], &unknown["power"], &unknown["reason"]),
            (&json!(false), &json!("unknown"), &json!("busy"))
        );
        assert_eq!(read(Ok(Said::accepted()))["accepted"], true);
        assert_eq!(read(Ok(Said::Boot(BootSetting::Unchanged)))["boot"], "unchanged");
    }

    #[test]
    fn an_error_has_kind_class_message_and_remedy_and_what_is_known_of_the_power() {
        let error = Error::new(ErrorKind::Timeout, "not answered").unknown_outcome().with_remedy("read it");
        let failure = Failure { power: Some(PowerState::Off), ..ErrorRecord::from(&error).into() };
        let line = read(Err(failure));
        let expected = json!({"kind": "timeout", "class": "unknown_outcome", "message": "not answered", "remedy": "read it"});
        assert_eq!((&line["error"], &line["power"], &line["ok"]), (&expected, &json!("off"), &json!(false)));
        assert!(line.get("accepted").is_none(), "{line}");
    }
}
