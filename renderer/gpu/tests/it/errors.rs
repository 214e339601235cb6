use renderer_gpu::ErrorTracker;

#[test]
fn what_repeats_is_news_once_until_it_stopped_for_a_while() {
    let errors = ErrorTracker::default();
    assert!(errors.report("a"));
    for _ in 0..1_000 {
        errors.end_frame();
        assert!(!errors.report("a"));
    }
    assert!(errors.report("b"), "another message is news");
    for _ in 0..1_000 {
        errors.end_frame();
    }
    assert!(errors.report("a"), "it stopped and came back");
    assert_eq!(errors.total(), 1_003);
}

#[test]
fn ever_new_messages_do_not_fill_the_memory_or_the_log() {
    let errors = ErrorTracker::default();
    let news = (0..10_000).filter(|i| errors.report(&format!("error {i}"))).count();
    assert_eq!(news, 64);
    assert_eq!(errors.total(), 10_000);
}
