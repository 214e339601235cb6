//! `jamlight keys`: a key goes in and never comes out.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

const CANARY: &str = "CANARY-6e01d4aa";

fn keys(home: &Path, arguments: &[&str], input: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_jamlight"))
        .arg("keys")
        .args(arguments)
        .arg("--home")
        .arg(home)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

fn said(ran: &Output) -> String {
    String::from_utf8_lossy(&ran.stdout).into_owned() + &String::from_utf8_lossy(&ran.stderr)
}

#[test]
fn keys_are_kept_for_their_owner_alone_and_never_shown() {
    let home = tempfile::tempdir().unwrap();
    let two = format!("{CANARY}\n{CANARY}-secret\n");
    let set = keys(home.path(), &["set", "acrcloud"], &two);
    assert!(set.status.success(), "{}", said(&set));
    let list = keys(home.path(), &["list"], "");
    assert!(said(&list).contains("acrcloud: there"), "{}", said(&list));
    let file = home.path().join("config/keys.toml");
    assert!(std::fs::read_to_string(&file).unwrap().contains(CANARY));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    }
    let short = keys(home.path(), &["set", "acrcloud"], CANARY);
    assert!(!short.status.success() && said(&short).contains("access_secret"), "{}", said(&short));
    let strange = keys(home.path(), &["set", "nobody"], &two);
    assert!(!strange.status.success() && said(&strange).contains("there is acrcloud"), "{}", said(&strange));
    std::fs::write(&file, format!("acrcloud = {CANARY}")).unwrap();
    let broken = keys(home.path(), &["list"], "");
    assert!(!broken.status.success(), "{}", said(&broken));
    for ran in [&set, &list, &short, &strange, &broken] {
        assert!(!said(ran).contains("CANARY"), "{}", said(ran));
    }
}
