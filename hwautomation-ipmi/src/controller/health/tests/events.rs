//! Pages of the log.

use super::PEER;
use super::double::{Bmc, entry, temperature};
use crate::controller::health::cache::Cache;
use crate::controller::health::events::Pages;
use crate::error::IpmiError;
use hwautomation_core::error::ErrorKind;
use hwautomation_core::plugin::{EventPage, EventPosition};

async fn page(bmc: &mut Bmc, after: Option<&EventPosition>, limit: usize) -> Result<EventPage, IpmiError> {
    let known = Cache::default();
    Pages { known: &known, peer: PEER, action: "reading the log" }.read(bmc, after, limit).await
}

fn bmc(entries: u16) -> Bmc {
    Bmc { log: (1..=entries).map(entry).collect(), ..Bmc::with(vec![temperature(5, "CPU1 Temp")]) }
}

#[tokio::test]
async fn pages_join_to_the_whole_log() {
    for limit in [1, 2, 3, 6, 7, 8, 100] {
        let (mut bmc, mut found, mut after) = (bmc(7), Vec::new(), None);
        loop {
            let page = page(&mut bmc, after.as_ref(), limit).await.unwrap();
            assert!(page.entries.len() <= limit && page.log.entries == Some(7));
            found.extend(page.entries.into_iter().map(|event| event.raw));
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        assert_eq!(found, bmc.log.iter().map(|entry| entry.to_vec()).collect::<Vec<_>>(), "{limit}");
    }
}

#[tokio::test]
async fn events_have_the_names_of_their_sensors_or_do_without() {
    let first = page(&mut bmc(1), None, 1).await.unwrap().entries.remove(0);
    assert_eq!(
        (first.source.as_str(), first.text.as_str()),
        ("CPU1 Temp", "upper critical, going high: 95 °C, threshold 80 °C",)
    );
    let mut without = Bmc { bytes_max: Some((1, 0xCA)), ..bmc(1) };
    let first = page(&mut without, None, 1).await.unwrap().entries.remove(0);
    assert_eq!(first.source, "temperature 05h");
}

#[tokio::test]
async fn no_entries_are_an_empty_page_and_no_limit_is_refused() {
    let empty = page(&mut bmc(0), None, 10).await.unwrap();
    assert!(empty.entries.is_empty() && empty.next.is_none());
    assert_eq!((empty.log.entries, empty.log.entries_free), (Some(0), Some(2)));
    assert!(matches!(page(&mut bmc(3), None, 0).await, Err(IpmiError::Invalid { .. })));
}

#[tokio::test]
async fn a_position_that_is_gone_is_a_conflict_also_when_its_number_is_another_entrys() {
    let mut bmc = bmc(3);
    let seen = page(&mut bmc, None, 1).await.unwrap().next.unwrap();
    bmc.log[0][14] = 12;
    for log in [bmc.log.clone(), Vec::new()] {
        bmc.log = log;
        let error = page(&mut bmc, Some(&seen), 5).await.unwrap_err().into_error("");
        assert_eq!(error.kind(), ErrorKind::Conflict, "{error}");
        assert!(error.remedy().is_some());
    }
    let nonsense = EventPosition("7".to_owned());
    assert!(matches!(page(&mut bmc, Some(&nonsense), 5).await, Err(IpmiError::Invalid { .. })));
}

#[tokio::test]
async fn a_log_in_a_circle_is_refused() {
    let mut bmc = Bmc { leads_to: Some(2), ..bmc(4) };
    assert!(matches!(page(&mut bmc, None, 100).await, Err(IpmiError::Malformed { .. })));
}

#[tokio::test]
async fn after_the_last_entry_there_is_an_empty_page() {
    let mut bmc = bmc(2);
    let whole = page(&mut bmc, None, 5).await.unwrap();
    let last = whole.entries.last().unwrap().position.clone();
    let page = page(&mut bmc, Some(&last), 5).await.unwrap();
    assert!(whole.next.is_none() && page.entries.is_empty() && page.next.is_none());
}
