//! What holds for every value: drawn at random, and compared with an independent side (`fuzzing`).

mod characters;
mod entrance;
mod envelope;
mod message;
mod records;
mod session;
mod sides;
mod window;
