//! Polls one actor at a time. Which one is next, of those that can go on, is chance.

use std::{
    any::Any,
    cell::RefCell,
    future::poll_fn,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    pin::{Pin, pin},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
    time::{Duration, Instant},
};

use returngo_brightpearl_connector::{
    failpoints::{Failpoint, Failpoints},
    store::Store,
};
use tokio::{
    runtime::{Builder, Runtime},
    time::sleep,
};

/// A part of a process that goes on by itself.
pub(crate) struct Actor {
    pub(crate) process: usize,
    pub(crate) name: &'static str,
    future: Pin<Box<dyn Future<Output = ()>>>,
    woken: Arc<Woken>,
}

impl Actor {
    pub(crate) fn new(
        process: usize,
        name: &'static str,
        future: impl Future<Output = ()> + 'static,
    ) -> Self {
        Self { process, name, future: Box::pin(future), woken: Arc::default() }
    }

    pub(crate) fn can_go_on(&self) -> bool {
        self.woken.flag.load(Ordering::Acquire)
    }
}

/// How a poll ended.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Polled {
    Waits,
    Ended,
    /// Its process was killed at a failpoint.
    Killed,
}

/// Whether an actor was woken, and who wants to know.
#[derive(Debug)]
struct Woken {
    flag: AtomicBool,
    driver: Mutex<Option<Waker>>,
}

/// New actors are to be polled.
impl Default for Woken {
    fn default() -> Self {
        Self { flag: AtomicBool::new(true), driver: Mutex::default() }
    }
}

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.flag.store(true, Ordering::Release);
        if let Some(driver) = self.driver.lock().unwrap_or_else(PoisonError::into_inner).take() {
            driver.wake();
        }
    }
}

impl Woken {
    /// Waits for the actor to be woken from outside of the simulation.
    fn poll_woken(&self, context: &mut Context<'_>) -> Poll<()> {
        *self.driver.lock().unwrap_or_else(PoisonError::into_inner) = Some(context.waker().clone());
        if self.flag.load(Ordering::Acquire) { Poll::Ready(()) } else { Poll::Pending }
    }
}

/// Lets an actor go on until it waits for the simulation.
pub(crate) async fn go_on(actor: &mut Actor, store: &Store) -> Polled {
    loop {
        actor.woken.flag.store(false, Ordering::Release);
        let waker = Waker::from(Arc::clone(&actor.woken));
        let mut context = Context::from_waker(&waker);
        let polled = catch_unwind(AssertUnwindSafe(|| actor.future.as_mut().poll(&mut context)));
        match polled {
            Ok(Poll::Ready(())) => return Polled::Ended,
            Ok(Poll::Pending) => {}
            Err(cause) if is_kill(&*cause) => return Polled::Killed,
            Err(cause) => resume_unwind(cause),
        }
        if !answered_by_database(&actor.woken, store).await {
            return Polled::Waits;
        }
    }
}

/// Longer than any statement takes.
const PATIENCE: Duration = Duration::from_secs(20);

/// Waits while the database is asked. False when the actor waits for something else.
async fn answered_by_database(woken: &Woken, store: &Store) -> bool {
    let began = Instant::now();
    let mut look_again = pin!(sleep(LOOKS_EVERY));
    while began.elapsed() < PATIENCE {
        // A connection goes back to its pool in a task of its own.
        tokio::task::yield_now().await;
        if woken.flag.load(Ordering::Acquire) {
            return true;
        }
        if store.is_idle() {
            return false;
        }
        if look_again.is_elapsed() {
            look_again.as_mut().reset(tokio::time::Instant::now() + LOOKS_EVERY);
        }
        let mut has_slept = false;
        poll_fn(|context| {
            if std::mem::replace(&mut has_slept, true) {
                return Poll::Ready(());
            }
            ON_UNPARK.set(Some(context.waker().clone()));
            // Either wakes it; which one is of no interest.
            let _ = look_again.as_mut().poll(context);
            woken.poll_woken(context)
        })
        .await;
    }
    false
}

/// For what ends just before the thread sleeps.
const LOOKS_EVERY: Duration = Duration::from_millis(2);

thread_local! {
    /// Who is to look again when the thread has slept: perhaps the database has answered.
    static ON_UNPARK: RefCell<Option<Waker>> = const { RefCell::new(None) };
}

/// For one thread, which looks after the database whenever there was something to wake for.
pub(crate) fn runtime() -> Runtime {
    let wake = || ON_UNPARK.take().into_iter().for_each(Waker::wake);
    Builder::new_current_thread().enable_all().on_thread_unpark(wake).build().unwrap()
}

/// The end of a process.
#[derive(Debug)]
struct Kill;

fn is_kill(cause: &(dyn Any + Send)) -> bool {
    cause.is::<Kill>()
}

/// Kills a process at a failpoint.
#[derive(Debug, Default)]
pub(crate) struct Countdown(Mutex<Option<u32>>);

impl Countdown {
    /// Kills it when it has come to so many more of them.
    pub(crate) fn kill_after(&self, points: u32) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(points);
    }
}

impl Failpoints for Countdown {
    fn reached(&self, _: Failpoint) {
        let mut left = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match *left {
            None => {}
            Some(0) => {
                *left = None;
                drop(left);
                resume_unwind(Box::new(Kill));
            }
            Some(points) => *left = Some(points - 1),
        }
    }
}
