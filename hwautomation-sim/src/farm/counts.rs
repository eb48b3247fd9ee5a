//! What a farm counts instead of a log.

/// Counts what one BMC, or all of a farm, has seen.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct FarmCounts {
    /// Datagrams that were sent to it, also those that a fault swallowed.
    pub datagrams: u64,
    /// Answers that left it, each copy for itself.
    pub answers: u64,
    /// Sessions that were opened: RAKP 4 says "welcome".
    pub log_ins: u64,
    /// Commands that were understood and done, inside of sessions and outside.
    pub commands: u64,
    /// Commands and messages of the handshake that were refused.
    pub refused: u64,
    /// Chassis controls that were done.
    pub power_commands: u64,
    /// Sessions that are open now.
    pub sessions: u64,
    /// Datagrams that a fault swallowed before the BMC saw them.
    pub lost_in: u64,
    /// Answers that a fault swallowed.
    pub lost_out: u64,
    /// Answers that a fault sent late.
    pub late: u64,
    /// Answers that a fault sent twice.
    pub twice: u64,
}

impl std::ops::AddAssign for FarmCounts {
    fn add_assign(&mut self, other: Self) {
        self.datagrams += other.datagrams;
        self.answers += other.answers;
        self.log_ins += other.log_ins;
        self.commands += other.commands;
        self.refused += other.refused;
        self.power_commands += other.power_commands;
        self.sessions += other.sessions;
        self.lost_in += other.lost_in;
        self.lost_out += other.lost_out;
        self.late += other.late;
        self.twice += other.twice;
    }
}
