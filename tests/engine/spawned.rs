//! Calls of tasks from threads and futures that have no context: they are pods as well.

use std::env;

use crate::home;

const PLACES: [&str; 6] = ["spawn", "join_set", "spawn_blocking", "thread", "scoped_thread", "session"];

#[test]
fn a_call_without_a_context_is_a_pod_with_its_secrets_and_its_timeout() {
    let home = home();
    for place in PLACES {
        let call = |what: &str| home.run(&format!("calls_from --place {place} --what {what}"));
        let found = call("secret");
        assert!(
            found.code == Some(0)
                && found.stdout == "17\n"
                && found.stderr.contains("  t1 started with my_secret"),
            "{place}: {found}"
        );
        let late = call("timeout");
        assert!(
            late.code == Some(1) && late.stderr.contains("task `hangs` timed out after 1s"),
            "{place}: {late}"
        );
        let leak = call("leak");
        assert!(leak.code == Some(1) && leak.stderr.contains("input `text`"), "{place}: {leak}");
        assert!(
            leak.stderr.contains("secret `my_secret`") && !leak.stderr.contains("measure started"),
            "{place}: {leak}"
        );
    }
}

#[test]
fn a_thousand_calls_of_spawned_futures_have_the_right_sum() {
    let width: i64 = env::var("SEALKIT_TEST_CALLS").ok().and_then(|text| text.parse().ok()).unwrap_or(1000);
    let finished = home().run(&format!("spawns --width {width}"));
    assert_eq!(finished.stdout, format!("{}\n", width * (width + 1) / 2));
    assert_eq!(finished.stderr.matches("add_one").count(), 2 * usize::try_from(width).unwrap());
}
