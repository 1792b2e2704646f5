use super::*;

const MIB: usize = 1024 * 1024;
const ONE: Sender = Sender::ANYONE;

fn other() -> Sender {
    Sender::of_key(0, "other")
}

fn reason(outcome: Result<(), Refusal>) -> Option<Reason> {
    outcome.err().map(|refusal| refusal.reason)
}

#[tokio::test(start_paused = true)]
async fn the_budget_is_shared_and_given_back() {
    let budget = Budget::new(4 * MIB, 1);
    let mut one = budget.lease(ONE);
    one.grow_to(3 * MIB).await.expect("room");
    let mut two = budget.lease(ONE);
    let refused = two.grow_to(2 * MIB).await;
    assert_eq!(reason(refused), Some(Reason::Overloaded));
    two.grow_to(MIB).await.expect("room");
    one.shrink_to(MIB);
    two.grow_to(3 * MIB).await.expect("room");
    drop((one, two));
    let mut all = budget.lease(ONE);
    all.grow_to(4 * MIB).await.expect("everything is back");
}

#[tokio::test(start_paused = true)]
async fn waiting_ends_with_a_refusal_that_says_what_to_do() {
    let budget = Budget::new(MIB, 2);
    let mut one = budget.lease(ONE);
    one.grow_to(MIB).await.expect("room");
    let said = |outcome: Result<(), Refusal>| outcome.expect_err("none").message;
    assert_eq!(
        said(budget.lease(ONE).grow_to(1).await),
        "the collector holds 1048576 bytes of requests: send again in a second"
    );
    assert_eq!(
        said(budget.lease(other()).grow_to(1).await),
        "the collector holds 1048576 bytes of requests, and 524288 are the share of each of 2 \
         senders: send again in a second"
    );
    drop(one);
    let mut all = budget.lease(ONE);
    all.grow_to(MIB)
        .await
        .expect("who gave up left nothing behind");
}

#[tokio::test(start_paused = true)]
async fn a_request_bigger_than_the_budget_passes_alone() {
    let budget = Budget::new(MIB, 1);
    let mut lease = budget.lease(ONE);
    lease.grow_to(10 * MIB).await.expect("all of it");
    assert!(budget.lease(ONE).grow_to(1).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn a_request_that_is_dropped_while_it_waits_or_is_served_gives_everything_back() {
    let budget = Budget::new(MIB, 2);
    let mut one = budget.lease(ONE);
    one.grow_to(MIB).await.expect("room");
    for give_back_first in [false, true] {
        let mut lease = budget.lease(other());
        let mut wait = Box::pin(lease.grow_to(MIB / 2));
        let begun = timeout(Duration::from_millis(1), &mut wait).await;
        assert!(begun.is_err(), "it waits");
        if give_back_first {
            one.shrink_to(0);
        }
        drop(wait);
        drop(lease);
        budget.lock().self_check();
    }
    one.grow_to(MIB).await.expect("everything is back");
}

/// A hog sends 100 big requests at a time, again as soon as one ends; each comes in steps, as bodies
/// do, and is then at work for a while. A small sender beside it is never refused.
#[tokio::test(start_paused = true)]
async fn a_small_sender_is_never_refused_beside_a_hog() {
    let budget = Budget::new(16 * MIB, 2);
    let hogs: Vec<_> = (0..100)
        .map(|_| tokio::spawn(hog(budget.clone(), ONE)))
        .collect();
    let mut longest = Duration::ZERO;
    for _ in 0..300 {
        tokio::time::sleep(Duration::from_millis(7)).await;
        let begin = tokio::time::Instant::now();
        let mut lease = budget.lease(other());
        for step in 1..=4 {
            lease
                .grow_to(step * 16 * 1024)
                .await
                .expect("never refused");
        }
        longest = longest.max(begin.elapsed());
    }
    assert!(
        longest > Duration::ZERO,
        "there was always room: no contest"
    );
    assert!(longest < PATIENCE, "it waited {longest:?}");
    for hog in hogs {
        hog.abort();
        assert!(hog.await.is_err(), "it was at it all the time");
    }
    budget.lock().self_check();
}

/// Requests of 3 MiB, one after another.
async fn hog(budget: Budget, sender: Sender) {
    loop {
        let mut lease = budget.lease(sender);
        let mut whole = true;
        for step in 1..=48 {
            whole = whole && lease.grow_to(step * 64 * 1024).await.is_ok();
        }
        if whole {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}
