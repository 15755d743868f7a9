//! What the program shows and which files it uses: no control characters of others, no passwords, no open files.

use std::{fs, fs::Permissions, os::unix::fs::PermissionsExt, path::Path};

use brightpearl_mock::{MockBrightpearl, SeedRow};

use super::shop::{Done, RMA, Shop, program};

/// Clears a screen, renames a window, turns a text around, and begins a line.
const NAME: &str = "Shirt\u{1b}[2J\u{1b}]0;x\u{7}\u{9b}31m\u{7f}\u{202e}";

fn assert_harmless(done: &Done) {
    for said in [&done.stdout, &done.stderr] {
        let acts = |c: char| c.is_control() && c != '\n' || c == '\u{202e}';
        assert!(!said.contains(acts), "{said:?}");
    }
}

#[tokio::test]
async fn names_of_others_never_act_on_a_terminal() {
    let named = |rows: &mut Vec<SeedRow>| rows.iter_mut().for_each(|row| row.name = Some(NAME.to_owned()));
    let brightpearl = MockBrightpearl::builder()
        .with(|seed| {
            seed.payment_methods.iter_mut().for_each(|method| method.name = NAME.to_owned());
            seed.orders.iter_mut().for_each(|order| named(&mut order.rows));
        })
        .start()
        .await;
    let shop = Shop::of(brightpearl).await;
    let connected = shop.connect(&["acme", "--refund-method", "1210", "--status", "27"]);
    assert_harmless(&connected);
    assert!(connected.succeeds().contains("Shirt\\u001b[2J"), "it is shown what it is");
    shop.approve(RMA);
    let plan = shop.run(&["plan", RMA]);
    assert_harmless(&plan);
    assert!(plan.succeeds().contains("Shirt\\u001b[2J"));
    let json = shop.run(&["plan", RMA, "--json"]);
    assert_harmless(&json);
    assert!(json.json()["plan"].to_string().contains("\\u001b[2J"), "JSON stays the same value");
    for command in [&["check"][..], &["sync", RMA], &["audit", RMA], &["reviews", "show", RMA], &["status"]] {
        assert_harmless(&shop.run(command));
    }
    assert_harmless(&shop.run(&["reconcile", "--from", "2020-01-01", "--csv", RMA]));
}

#[test]
fn the_password_of_a_database_is_never_shown() {
    const URL: &str = "postgres://connector:t0psecret@db.example.test:1/returns";
    let folder = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str], variables: &[(&str, &str)]| {
        let done =
            Done::of(program(folder.path(), arguments).envs(variables.iter().copied()).output().unwrap());
        assert!(!done.stdout.contains("t0psecret") && !done.stderr.contains("t0psecret"), "{}", done.stderr);
        assert_ne!(done.code, Some(0));
        done.stderr
    };
    Done::of(program(folder.path(), &["init"]).output().unwrap()).succeeds();
    run(&["status"], &[("RETURNGO_BRIGHTPEARL_LISTEN", URL)]);
    let nowhere = URL.replace("db.example.test", "127.0.0.1");
    let line = run(&["status"], &[("RETURNGO_BRIGHTPEARL_DATABASE", &nowhere)]);
    assert!(line.contains("127.0.0.1:1/returns"), "{line}");
    let said = run(&["demo", URL], &[]);
    assert!(said.contains("postgres://…@db.example.test:1/returns"), "{said}");
    run(&["demo", "--databse", URL], &[]);
    run(&["demo", &format!("--rmas={URL}")], &[]);
    run(&["status", "--config", URL], &[]);
    for mistake in
        [format!("database = {URL}"), format!("databse = \"{URL}\""), format!("listen = \"{URL}\"")]
    {
        fs::write(folder.path().join("returngo-brightpearl.toml"), mistake).unwrap();
        run(&["status"], &[]);
    }
}

fn open_to_all(file: &Path) {
    fs::set_permissions(file, Permissions::from_mode(0o644)).unwrap();
}

#[tokio::test]
async fn a_key_or_a_database_that_others_may_read_is_refused_with_what_to_run() {
    let shop = Shop::connected().await;
    for file in ["returngo-brightpearl.toml", "returngo-brightpearl.key", "returngo-brightpearl.db"] {
        let mode = fs::metadata(shop.folder().join(file)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{file}");
    }
    for file in ["returngo-brightpearl.key", "returngo-brightpearl.db"] {
        open_to_all(&shop.folder().join(file));
        for command in ["status", "serve"] {
            let line = shop.run(&[command]).fails();
            assert!(line.contains(&format!("run `chmod 600 {file}`")), "{line}");
        }
        fs::set_permissions(shop.folder().join(file), Permissions::from_mode(0o600)).unwrap();
        shop.run(&["status"]).succeeds();
    }
    let key = shop.folder().join("its keys");
    fs::create_dir(&key).unwrap();
    fs::copy(shop.folder().join("returngo-brightpearl.key"), key.join("key")).unwrap();
    open_to_all(&key.join("key"));
    let variables = [("RETURNGO_BRIGHTPEARL_KEY_FILE", "its keys/key")];
    let line = shop.run_with(&["status"], &variables).fails();
    assert!(line.contains("run `chmod 600 'its keys/key'`"), "{line}");
}

#[tokio::test]
async fn a_credential_that_systemd_hands_over_is_used() {
    let shop = Shop::connected().await;
    let folder = tempfile::tempdir().unwrap();
    let key = folder.path().join("key");
    fs::copy(shop.folder().join("returngo-brightpearl.key"), &key).unwrap();
    let variables = [
        ("RETURNGO_BRIGHTPEARL_KEY_FILE", key.to_str().unwrap()),
        ("CREDENTIALS_DIRECTORY", folder.path().to_str().unwrap()),
    ];
    // So its access list looks.
    fs::set_permissions(&key, Permissions::from_mode(0o440)).unwrap();
    shop.run_with(&["status"], &variables).succeeds();
    open_to_all(&key);
    assert!(shop.run_with(&["status"], &variables).fails().contains("chmod 600"));
}
