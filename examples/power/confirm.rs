//! Asks a person before many machines lose what they are doing.

use crate::power::hostlist::fold;
use hwautomation_core::error::{Error, ErrorKind, Result};
use hwautomation_core::plugin::PowerAction;
use std::io::{IsTerminal, Write};

/// How much of the list of hosts the question shows, in characters: nobody reads more.
const LIST_MAX: usize = 1_500;

/// Says whether a person must say yes first: for what many machines do not get over.
fn is_needed(action: Option<PowerAction>, hosts: usize) -> bool {
    let hard = [PowerAction::ForcedOff, PowerAction::Cycle, PowerAction::Reset, PowerAction::Nmi];
    hosts > 1 && action.is_some_and(|action| hard.contains(&action))
}

/// Returns if the command may go on.
///
/// # Errors
///
/// `Refused` when the person says no, `Invalid` when there is nobody to ask.
pub async fn confirm(action: Option<PowerAction>, hosts: &[String], is_confirmed: bool) -> Result<()> {
    let Some(action) = action.filter(|_| is_needed(action, hosts.len()) && !is_confirmed) else {
        return Ok(());
    };
    let question = question(action, hosts);
    if !(std::io::stdin().is_terminal() && std::io::stderr().is_terminal()) {
        let message =
            format!("{action} of {} machines needs a yes, and there is no terminal to ask on", hosts.len());
        return Err(Error::invalid(message).with_remedy("look at the list of hosts, and add --yes"));
    }
    let answer = tokio::task::spawn_blocking(move || ask(&question)).await;
    match answer {
        Ok(Ok(text)) if is_yes(&text) => Ok(()),
        _ => Err(Error::new(ErrorKind::Refused, "not confirmed, so nothing was sent")),
    }
}

fn question(action: PowerAction, hosts: &[String]) -> String {
    let mut list = fold(hosts.iter().map(String::as_str));
    if let Some((end, _)) = list.char_indices().nth(LIST_MAX) {
        list.truncate(end);
        list += " and more";
    }
    format!("{list}\n{action} of these {} machines? [y/N] ", hosts.len())
}

fn ask(question: &str) -> std::io::Result<String> {
    eprint!("{question}");
    std::io::stderr().flush()?;
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer)?;
    Ok(answer)
}

fn is_yes(answer: &str) -> bool {
    ["y", "yes"].contains(&answer.trim().to_lowercase().as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_many_machines_do_not_get_over_needs_a_yes() {
        for action in PowerAction::ALL {
            let hard =
                !matches!(action, PowerAction::On | PowerAction::GracefulOff | PowerAction::GracefulRestart);
            assert_eq!(is_needed(Some(action), 2), hard, "{action}");
            assert!(!is_needed(Some(action), 1), "{action}");
        }
        assert!(!is_needed(None, 1000));
    }

    #[test]
    fn the_question_names_the_machines_and_only_yes_is_yes() {
        let hosts = ["u1", "u2"].map(str::to_owned);
        assert_eq!(question(PowerAction::Cycle, &hosts), "u[1-2]\npower cycle of these 2 machines? [y/N] ");
        assert!(is_yes("Y\n") && is_yes("yes") && !is_yes("") && !is_yes("yup") && !is_yes("n"));
    }
}
