use super::*;
use std::pin::pin;
use std::task::Wake;

/// Counts how often it was woken.
#[derive(Default)]
struct Bell(std::sync::atomic::AtomicU32);

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
    }
}

impl Bell {
    fn rang(&self) -> u32 {
        self.0.swap(0, std::sync::atomic::Ordering::SeqCst)
    }
}

struct Side {
    pipe: Pipe,
    bell: Arc<Bell>,
    waker: Waker,
}

impl Side {
    fn new() -> Self {
        let bell = Arc::<Bell>::default();
        Self { pipe: Pipe::default(), waker: Arc::clone(&bell).into(), bell }
    }

    fn write(&self, bytes: &[u8]) -> Poll<IoResult<usize>> {
        self.pipe.poll_write(&Context::from_waker(&self.waker), bytes)
    }

    fn read(&self, length: usize) -> Poll<IoResult<Vec<u8>>> {
        let mut bytes = vec![0; length + 3];
        let mut buffer = ReadBuf::new(&mut bytes);
        buffer.put_slice(b"abc");
        let read = self.pipe.poll_read(&Context::from_waker(&self.waker), &mut buffer);
        read.map_ok(|()| buffer.filled()[3..].to_vec())
    }

    fn flushed(&self) -> bool {
        self.pipe.poll_flush(&Context::from_waker(&self.waker)).is_ready()
    }

    /// Tells whether the task was woken.
    fn changed(&self) -> bool {
        pin!(self.pipe.changed()).poll(&mut Context::from_waker(Waker::noop())).is_ready()
    }
}

fn characters(text: &[u8]) -> Piece {
    Piece::Characters(text.to_vec())
}

#[test]
fn what_was_typed_stays_until_it_is_accepted() {
    let side = Side::new();
    assert!(side.flushed() && side.pipe.piece(9).is_none());
    assert!(matches!(side.write(b"reboot"), Poll::Ready(Ok(6))));
    assert!(side.changed() && !side.changed());
    assert_eq!(side.pipe.piece(3), Some(characters(b"reb")));
    assert_eq!(side.pipe.piece(3), Some(characters(b"reb")));
    assert!(!side.flushed());
    side.pipe.accepted(&characters(b"re"));
    assert_eq!((side.pipe.piece(9), side.bell.rang()), (Some(characters(b"boot")), 1));
    assert!(!side.flushed());
    side.pipe.accepted(&characters(b"boot"));
    assert_eq!(side.bell.rang(), 1);
    assert!(side.flushed());
}

#[test]
fn breaks_stand_where_they_were_sent() {
    let side = Side::new();
    side.pipe.send_break().unwrap();
    drop(side.write(b"abc"));
    side.pipe.send_break().unwrap();
    side.pipe.send_break().unwrap();
    drop(side.write(b"d"));
    let mut order = Vec::new();
    while let Some(piece) = side.pipe.piece(2) {
        side.pipe.accepted(&piece);
        order.push(piece);
    }
    let expected =
        [Piece::Break, characters(b"ab"), characters(b"c"), Piece::Break, Piece::Break, characters(b"d")];
    assert_eq!(order, expected);
    assert!(side.flushed());
    (0..BREAKS_MAX).for_each(|_| side.pipe.send_break().unwrap());
    assert_eq!(side.pipe.send_break().unwrap_err().kind(), ErrorKind::WouldBlock);
}

#[test]
fn who_types_faster_than_the_bmc_accepts_waits() {
    let side = Side::new();
    let text = vec![b'x'; TYPED_MAX + 5];
    assert!(matches!(side.write(&text), Poll::Ready(Ok(TYPED_MAX))));
    assert!(side.write(&text).is_pending());
    side.pipe.accepted(&characters(b"xx"));
    assert_eq!(side.bell.rang(), 1);
    assert!(matches!(side.write(&text), Poll::Ready(Ok(2))));
}

#[test]
fn what_came_is_read_in_parts_and_room_that_is_waited_for_is_told() {
    let side = Side::new();
    assert!(side.read(4).is_pending());
    side.pipe.put(b"console");
    assert_eq!(side.bell.rang(), 1);
    assert!(matches!(side.read(4), Poll::Ready(Ok(part)) if part == b"cons"));
    assert!(matches!(side.read(4), Poll::Ready(Ok(part)) if part == b"ole"));
    assert!(!side.changed(), "there was room");
    side.pipe.put(&vec![0; CAME_MAX - 1]);
    assert_eq!(side.pipe.room(), 1);
    assert!(matches!(side.read(4), Poll::Ready(Ok(part)) if part.len() == 4));
    assert!(side.changed());
}

#[test]
fn the_end_is_told_behind_what_came_to_everybody_and_each_time() {
    let side = Side::new();
    assert!(side.read(4).is_pending());
    drop(side.write(b"lost"));
    side.pipe.put(b"last");
    side.bell.rang();
    side.pipe.end(|| Error::internal("the first reason"));
    side.pipe.end(|| Error::internal("another one"));
    assert!(matches!(side.read(9), Poll::Ready(Ok(part)) if part == b"last"));
    for _ in 0..2 {
        let Poll::Ready(Err(end)) = side.read(9) else { panic!("it is over") };
        assert_eq!(end.kind(), ErrorKind::ConnectionAborted);
        assert!(end.to_string().contains("the first reason"), "{end}");
    }
    assert!(matches!(side.write(b"x"), Poll::Ready(Err(_))));
    let flushed = side.pipe.poll_flush(&Context::from_waker(&side.waker));
    assert!(matches!(flushed, Poll::Ready(Err(_))), "what was typed was not accepted");
}
