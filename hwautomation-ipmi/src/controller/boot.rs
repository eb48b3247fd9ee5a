//! Boot devices, as boot options give them.

use super::{Call, IpmiController};
use crate::error::IpmiError;
use crate::model::command::Command;
use crate::model::{boot, manufacturer};
use crate::transport::Turn;
use async_trait::async_trait;
use hwautomation_core::error::Result;
use hwautomation_core::machine::Machine;
use hwautomation_core::plugin::{BootController, BootRequest, BootSetting};

/// The states of "set in progress".
const COMPLETE: u8 = 0;
const IN_PROGRESS: u8 = 1;
const COMMIT: u8 = 2;

#[async_trait]
impl BootController for IpmiController {
    async fn boot_setting(&self, machine: &Machine) -> Result<BootSetting> {
        let call = self.call(machine, "reading the boot device", self.config.power_privilege)?;
        call.end(read(&call).await)
    }

    async fn set_boot(&self, machine: &Machine, request: BootRequest) -> Result<()> {
        let call = self.call(machine, "setting the boot device", self.config.power_privilege)?;
        call.end(set(&call, request).await)
    }

    async fn clear_boot(&self, machine: &Machine) -> Result<()> {
        let call = self.call(machine, "clearing the boot device", self.config.power_privilege)?;
        call.end(clear(&call).await)
    }
}

async fn read(call: &Call<'_>) -> Result<BootSetting, IpmiError> {
    let mut turn = call.turn().await?;
    let maker = maker(&mut turn).await?;
    setting(&mut turn, maker).await
}

async fn set(call: &Call<'_>, request: BootRequest) -> Result<(), IpmiError> {
    let mut turn = call.turn().await?;
    let maker = maker(&mut turn).await?;
    let flags = boot::set(request, maker)?;
    write(&mut turn, &flags, maker, BootSetting::Override(request)).await
}

async fn clear(call: &Call<'_>) -> Result<(), IpmiError> {
    let mut turn = call.turn().await?;
    let maker = maker(&mut turn).await?;
    write(&mut turn, &boot::clear(), maker, BootSetting::Unchanged).await
}

async fn maker(turn: &mut Turn<'_>) -> Result<u32, IpmiError> {
    manufacturer::of(&turn.send(&manufacturer::ask()).await?)
}

async fn setting(turn: &mut Turn<'_>, maker: u32) -> Result<BootSetting, IpmiError> {
    match turn.send(&boot::ask()).await {
        Ok(data) => boot::flags(&data)?.setting(maker),
        Err(error) => Err(error),
    }
}

/// Writes the flags, framed as section 28.12 wants it, and reads them back. BMCs that lack the frame take the flags
/// alone.
async fn write(
    turn: &mut Turn<'_>,
    flags: &Command,
    maker: u32,
    wanted: BootSetting,
) -> Result<(), IpmiError> {
    if let Err(error) = tell(turn, flags).await {
        leave(turn, &error).await;
        return Err(error);
    }
    finish(turn, maker, wanted).await.map_err(|error| error.after(flags.name))
}

async fn tell(turn: &mut Turn<'_>, flags: &Command) -> Result<(), IpmiError> {
    for frame in [boot::progress(IN_PROGRESS), boot::acknowledge(), boot::keep_flags()] {
        optional(turn, &frame).await?;
    }
    turn.send(flags).await.map(drop)
}

/// Says that nothing is being set after a refusal or an unclear answer: others may refuse to set anything meanwhile. In
/// silence there is nobody to say it to.
async fn leave(turn: &mut Turn<'_>, error: &IpmiError) {
    if matches!(error, IpmiError::Refused { .. } | IpmiError::Unclear { .. }) {
        drop(turn.send(&boot::progress(COMPLETE)).await);
    }
}

async fn finish(turn: &mut Turn<'_>, maker: u32, wanted: BootSetting) -> Result<(), IpmiError> {
    for state in [COMMIT, COMPLETE] {
        optional(turn, &boot::progress(state)).await?;
    }
    stands(turn, maker, wanted).await
}

/// Sends what is good to have: neither a lasting refusal nor an unclear answer is a failure, since the flags are read
/// back.
async fn optional(turn: &mut Turn<'_>, command: &Command) -> Result<(), IpmiError> {
    match turn.send(command).await {
        Err(IpmiError::Refused { what, completion } | IpmiError::Unclear { what, completion })
            if !completion.passes() || completion.may_have_happened() =>
        {
            tracing::debug!(what, %completion, "the BMC does without");
            Ok(())
        }
        answer => answer.map(drop),
    }
}

async fn stands(turn: &mut Turn<'_>, maker: u32, wanted: BootSetting) -> Result<(), IpmiError> {
    let what = "the boot device";
    match setting(turn, maker).await {
        Ok(found) if found == wanted => Ok(()),
        Ok(found) => {
            let found = format!("{found}, expected {wanted}");
            Err(IpmiError::Mismatch { what, found })
        }
        Err(IpmiError::Malformed { found, .. }) => Err(IpmiError::Mismatch { what, found }),
        Err(error) => Err(error),
    }
}
