use std::{
    fs,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    process::{Child, Command},
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// The encryption key of all processes.
pub(crate) const KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

/// RMAs per batch. Small, so that several processes get work.
const BATCH: &str = "50";

/// A running `serve`.
pub(crate) struct Process {
    child: Child,
    address: SocketAddr,
}

impl Process {
    /// Starts a process and waits until it is ready.
    pub(crate) async fn start(database: &str) -> Self {
        let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = free.local_addr().unwrap();
        drop(free);
        let child = Command::new(env!("CARGO_BIN_EXE_returngo-brightpearl"))
            .arg("serve")
            .current_dir(env!("CARGO_TARGET_TMPDIR"))
            .env("RETURNGO_BRIGHTPEARL_KEY", KEY)
            .env("RETURNGO_BRIGHTPEARL_DATABASE", database)
            .env("RETURNGO_BRIGHTPEARL_LISTEN", address.to_string())
            .env("RETURNGO_BRIGHTPEARL_WORK_BATCH", BATCH)
            .env("RUST_LOG", "error")
            .spawn()
            .unwrap();
        let mut process = Self { child, address };
        while !process.get("/readyz").await.is_some_and(|answer| answer.starts_with("HTTP/1.1 200")) {
            assert!(process.child.try_wait().unwrap().is_none(), "a process exited");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        process
    }

    /// The port of its server, which is part of its registered name.
    #[allow(dead_code, reason = "not every bench needs it")]
    pub(crate) fn port(&self) -> u16 {
        self.address.port()
    }

    /// Sends SIGKILL.
    #[allow(dead_code, reason = "not every bench needs it")]
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Returns the sum of all series whose name and labels begin with `name`.
    pub(crate) async fn metric(&self, name: &str) -> u64 {
        let metrics = self.get("/metrics").await.unwrap();
        let values =
            metrics.lines().filter(|line| line.starts_with(name)).filter_map(|line| line.split(' ').nth(1));
        values.map(|value| value.parse::<f64>().unwrap() as u64).sum()
    }

    /// User and system time.
    pub(crate) fn cpu_time(&self) -> Duration {
        const TICKS_A_SECOND: u64 = 100;
        let stat = self.proc("stat");
        // The name of the program comes first and may contain spaces.
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
        let ticks: u64 = fields[11..13].iter().map(|ticks| ticks.parse::<u64>().unwrap()).sum();
        Duration::from_millis(ticks * 1000 / TICKS_A_SECOND)
    }

    /// Resident memory, in bytes.
    pub(crate) fn memory(&self) -> u64 {
        self.status("VmRSS:") << 10
    }

    /// Peak resident memory, in bytes.
    #[allow(dead_code, reason = "not every bench needs it")]
    pub(crate) fn most_memory(&self) -> u64 {
        self.status("VmHWM:") << 10
    }

    /// Bytes written to disks so far.
    #[allow(dead_code, reason = "not every bench needs it")]
    pub(crate) fn written(&self) -> u64 {
        field(&self.proc("io"), "write_bytes:")
    }

    fn status(&self, name: &str) -> u64 {
        field(&self.proc("status"), name)
    }

    fn proc(&self, file: &str) -> String {
        fs::read_to_string(format!("/proc/{}/{file}", self.child.id())).unwrap()
    }

    async fn get(&self, path: &str) -> Option<String> {
        let mut stream = TcpStream::connect(self.address).await.ok()?;
        let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.ok()?;
        Some(answer)
    }
}

/// Returns the number after this name.
fn field(text: &str, name: &str) -> u64 {
    let line = text.lines().find(|line| line.starts_with(name)).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
