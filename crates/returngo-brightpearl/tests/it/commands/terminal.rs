//! The program with somebody at its terminal: a pseudo-terminal of 80 columns.

use std::{
    ffi::OsStr,
    fs::File,
    io::{Read, Write},
    os::unix::{ffi::OsStrExt, fs::OpenOptionsExt},
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex},
};

use returngo_mock::Refund;
use rustix::{
    fs::OFlags,
    pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt},
    termios::{LocalModes, Winsize, tcgetattr, tcsetwinsize},
};

use super::shop::{RMA, Shop, program};
use crate::operations::site::eventually;

struct Terminal {
    keyboard: File,
    device: File,
    shown: Arc<Mutex<Vec<u8>>>,
    child: Child,
}

impl Terminal {
    fn run(mut command: Command) -> Self {
        let keyboard = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&keyboard).unwrap();
        unlockpt(&keyboard).unwrap();
        let name = ptsname(&keyboard, Vec::new()).unwrap();
        let flags = i32::try_from(OFlags::NOCTTY.bits()).unwrap();
        let device = File::options()
            .read(true)
            .write(true)
            .custom_flags(flags)
            .open(OsStr::from_bytes(name.as_bytes()))
            .unwrap();
        tcsetwinsize(&device, Winsize { ws_row: 24, ws_col: 80, ws_xpixel: 0, ws_ypixel: 0 }).unwrap();
        let end = || Stdio::from(device.try_clone().unwrap());
        let child = command.stdin(end()).stdout(end()).stderr(end()).spawn().unwrap();
        let keyboard = File::from(keyboard);
        let (mut screen, shown) = (keyboard.try_clone().unwrap(), Arc::new(Mutex::new(Vec::new())));
        let kept = Arc::clone(&shown);
        std::thread::spawn(move || {
            let mut part = [0; 1024];
            while let Ok(length @ 1..) = screen.read(&mut part) {
                kept.lock().unwrap().extend(&part[..length]);
            }
        });
        Self { keyboard, device, shown, child }
    }

    fn shown(&self) -> String {
        String::from_utf8_lossy(&self.shown.lock().unwrap()).into_owned()
    }

    fn echoes(&self) -> bool {
        tcgetattr(&self.device).unwrap().local_modes.contains(LocalModes::ECHO)
    }

    async fn shows(&self, what: &str) {
        eventually(what, || async { self.shown().contains(what) }).await;
    }

    fn press(&mut self, keys: &str) {
        self.keyboard.write_all(keys.as_bytes()).unwrap();
    }

    fn interrupt(&self) {
        let process = self.child.id().to_string();
        assert!(Command::new("kill").args(["-INT", &process]).status().unwrap().success());
    }

    /// The exit code.
    fn ends(&mut self) -> Option<i32> {
        self.child.wait().unwrap().code()
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            eprintln!("the terminal: {:?}", self.shown());
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ctrl_c_while_a_token_is_typed_gives_the_terminal_back_and_says_that_nothing_was_changed() {
    let shop = Shop::new().await;
    let mut command = program(shop.folder(), &["connect", "acme"]);
    command
        .env("BRIGHTPEARL_URL", shop.brightpearl.url())
        .env("BRIGHTPEARL_ACCOUNT", shop.brightpearl.account())
        .env("BRIGHTPEARL_APP_REF", shop.brightpearl.app_ref());
    let mut terminal = Terminal::run(command);
    terminal.shows("Its account token (not shown)").await;
    eventually("the echo is off", || async { !terminal.echoes() }).await;
    terminal.press("planted-tok");
    terminal.interrupt();
    assert_eq!(terminal.ends(), Some(130));
    terminal.shows("nothing was changed").await;
    assert!(terminal.echoes(), "what is typed next is seen again");
    assert!(!terminal.shown().contains("planted"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_removes_is_confirmed_on_a_terminal() {
    let shop = Shop::connected().await;
    let mut terminal = Terminal::run(program(shop.folder(), &["disconnect"]));
    terminal.shows("Remove connection acme (account").await;
    terminal.press("n");
    assert_eq!(terminal.ends(), Some(1));
    terminal.shows("nothing was changed").await;
    assert_eq!(shop.run(&["status", "--json"]).json()[0]["connection"], "acme");

    let mut terminal = Terminal::run(program(shop.folder(), &["disconnect"]));
    terminal.shows("Remove connection acme (account").await;
    terminal.press("y");
    assert_eq!(terminal.ends(), Some(0));
    assert_eq!(shop.run(&["status", "--json"]).json(), serde_json::json!([]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_is_changed_once_the_difference_was_seen() {
    let shop = Shop::connected().await;
    for (answer, code, is) in [("n", 1, "27"), ("y", 0, "28")] {
        let mut terminal = Terminal::run(program(shop.folder(), &["connect", "acme", "--status", "28"]));
        terminal.shows("sales_credit_status_id: 27 → 28").await;
        terminal.shows("Change connection acme?").await;
        terminal.press(answer);
        assert_eq!(terminal.ends(), Some(code));
        let shown = shop.run(&["settings", "show", "--json"]).json();
        assert_eq!(shown["fields"]["sales_credit_status_id"].to_string(), is);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tables_fit_a_terminal_of_80_columns() {
    let shop = Shop::connected().await;
    shop.approve(RMA);
    shop.refund(RMA, Refund::full());
    let commands = [
        &["backfill", "--from", "2020-01-01", "--dry-run"][..],
        &["sync", RMA],
        &["status"],
        &["audit", RMA],
        &["reviews"],
        &["reviews", "show", RMA],
        &["reconcile", "--from", "2020-01-01"],
        &["settings", "show"],
        &["check"],
        &["plan", RMA],
    ];
    for command in commands {
        let mut terminal = Terminal::run(program(shop.folder(), command));
        assert_eq!(terminal.ends(), Some(0), "{command:?}: {}", terminal.shown());
        eventually("all of it is shown", || async { terminal.shown().ends_with('\n') }).await;
        let shown = terminal.shown();
        let drawn = shown.lines().filter(|line| line.starts_with(['┌', '│', '╞', '├', '└']));
        let wide: Vec<&str> = drawn.filter(|line| line.trim_end().chars().count() > 80).collect();
        assert!(wide.is_empty(), "{command:?}: {wide:#?}");
        println!("$ {}\n{shown}", command.join(" "));
    }
}
