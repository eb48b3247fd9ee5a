//! Giving a machine back.

use super::visit::Visit;
use crate::model::{Status, clean};
use hwautomation_core::error::Result;

impl Visit<'_> {
    /// Releases the machine unless it is somebody else's: MAAS lets an administrator's key release, and thereby
    /// switch off, everybody's.
    pub(super) async fn release(&self) -> Result<()> {
        let machine = self.machine().await?;
        if matches!(machine.status, Status::Ready | Status::Releasing) {
            return Ok(());
        }
        if let Some(owner) = &machine.owner {
            let user = self.session.user().await.map_err(|error| self.failed(error))?;
            if *owner != user.username {
                let (owner, user) = (clean(owner), clean(&user.username));
                return Err(self.conflict(&format!("it belongs to {owner:?}, and the key to {user:?}")));
            }
        }
        self.order("release").await
    }
}
