//! A way on which characters get lost, come twice and come late.

use super::*;
use hwautomation_sim::{Action, Face, Fault};

/// Adds a fault to every packet of characters that the dice choose.
fn disturb(fixture: &RackFixture, action: Action, permille: u16, seed: u64) {
    let fault = Fault::new(action).face(Face::Bmc).command("sol packet");
    fixture.inject(Fault { permille, seed, ..fault });
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_doubled_or_exchanged_where_every_fifth_packet_is_lost_each_way() {
    let fixture = start().await;
    let console = open(&fixture).await;
    disturb(&fixture, Action::Drop, 200, 1);
    disturb(&fixture, Action::LoseAnswer, 200, 2);
    disturb(&fixture, Action::Duplicate, 200, 3);
    disturb(&fixture, Action::HoldBack, 200, 4);
    echoes(&console, &text(3 * 1024)).await;
}
