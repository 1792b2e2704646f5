//! The rules, on histories of takes, waits and returns.

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

/// A number for each request, so that a grant can be told.
type Request = u64;

/// A request that waits: its number, sender, pieces and ticket.
type Waits = (Request, usize, u32, u64);

/// Senders that act as the collector's requests do, and the books beside them.
struct World {
    shares: Shares<Request>,
    /// What was granted: number of the request, its sender, its pieces.
    granted: Vec<(Request, usize, u32)>,
    waiting: Vec<Waits>,
    requests: Request,
}

impl World {
    fn new(total: u32, senders: usize) -> Self {
        Self {
            shares: Shares::new(total, senders),
            granted: Vec::new(),
            waiting: Vec::new(),
            requests: 0,
        }
    }

    fn ask(&mut self, sender: usize, need: u32) -> bool {
        self.requests += 1;
        if self.shares.take(sender, need) {
            self.granted.push((self.requests, sender, need));
            return true;
        }
        let ticket = self.shares.wait(sender, need, self.requests);
        self.waiting.push((self.requests, sender, need, ticket));
        self.serve();
        false
    }

    fn finish(&mut self, index: usize) {
        if self.granted.is_empty() {
            return;
        }
        let (_, sender, pieces) = self.granted.remove(index % self.granted.len());
        self.shares.give_back(sender, pieces);
        self.serve();
    }

    fn give_up(&mut self, index: usize) {
        if self.waiting.is_empty() {
            return;
        }
        let (_, sender, _, ticket) = self.waiting.remove(index % self.waiting.len());
        assert!(self.shares.leave(sender, ticket), "it was waiting");
        assert!(!self.shares.leave(sender, ticket), "once");
        self.serve();
    }

    fn serve(&mut self) {
        loop {
            let modest = self.modest();
            let Some(request) = self.shares.next() else {
                break;
            };
            let place = self.waiting.iter().position(|w| w.0 == request);
            let (request, sender, need, _) = self.waiting.remove(place.expect("it waited"));
            assert!(
                modest.is_empty() || modest.iter().any(|waiter| waiter.0 == request),
                "a modest one waited and another was served"
            );
            self.granted.push((request, sender, need));
        }
        self.shares.self_check();
        let stuck = |waiter: &&Waits| waiter.2 <= self.shares.free;
        assert_eq!(
            self.modest().iter().find(stuck),
            None,
            "room and not served"
        );
    }

    /// The first in the queue of each sender that is modest with it.
    fn modest(&self) -> Vec<Waits> {
        let is_first = |waiter: &&Waits| {
            let first = self.waiting.iter().find(|other| other.1 == waiter.1);
            first == Some(*waiter)
        };
        let firsts = self.waiting.iter().filter(is_first);
        let modest = firsts.filter(|waiter| self.shares.is_modest(waiter.1, waiter.2));
        modest.copied().collect()
    }

    fn held(&self, sender: usize) -> u32 {
        self.shares.senders[sender].held
    }
}

#[derive(Clone, Debug)]
enum Deed {
    Ask(usize, u32),
    Finish(usize),
    GiveUp(usize),
}

const TOTAL: u32 = 64;

fn deeds() -> impl Strategy<Value = Vec<Deed>> {
    let deed = prop_oneof![
        3 => (0..5_usize, 1..=TOTAL).prop_map(|(sender, need)| Deed::Ask(sender, need)),
        2 => any::<usize>().prop_map(Deed::Finish),
        1 => any::<usize>().prop_map(Deed::GiveUp),
    ];
    vec(deed, 1..200)
}

proptest! {
    /// [`World::serve`] holds after every deed: the books agree, no modest waiter with room is left
    /// waiting, none is passed by one above its share.
    #[test]
    fn whatever_happens_the_budget_holds_and_all_of_it_comes_back(deeds in deeds()) {
        let mut world = World::new(TOTAL, 5);
        for deed in deeds {
            match deed {
                Deed::Ask(sender, need) => drop(world.ask(sender, need)),
                Deed::Finish(index) => world.finish(index),
                Deed::GiveUp(index) => world.give_up(index),
            }
        }
        while !world.waiting.is_empty() || !world.granted.is_empty() {
            prop_assert!(!world.granted.is_empty(), "all wait and nothing is held");
            world.finish(0);
        }
        prop_assert!(world.shares.take(0, TOTAL), "everything is back");
    }

    /// Senders that always want more hold equal parts, up to one request each.
    #[test]
    fn the_greedy_end_up_with_equal_shares(
        sizes in vec(1..=8_u32, 2..6), order in vec(any::<usize>(), 400),
    ) {
        let mut world = World::new(TOTAL, sizes.len());
        // One has taken all before the others come.
        while world.ask(0, sizes[0]) {}
        for finished in order {
            for (sender, size) in sizes.iter().enumerate() {
                let mut waits = world.waiting.iter().any(|waiter| waiter.1 == sender);
                while !waits {
                    waits = !world.ask(sender, *size);
                }
            }
            world.finish(finished);
        }
        let share = TOTAL / sizes.len() as u32;
        let largest = *sizes.iter().max().expect("some");
        for (sender, size) in sizes.iter().enumerate() {
            let held = world.held(sender);
            prop_assert!(held + size + largest > share, "{sender} holds {held} of {share}");
            prop_assert!(held <= share + largest * sizes.len() as u32, "{sender}: {held}");
        }
    }
}

#[test]
fn a_lone_sender_may_use_all_and_gives_way_to_the_next() {
    let mut world = World::new(TOTAL, 2);
    for _ in 0..16 {
        assert!(world.ask(0, 4));
    }
    assert!(!world.ask(0, 4), "there is no more");
    assert!(!world.ask(1, 2), "neither for a newcomer");
    world.finish(0);
    assert_eq!(
        (world.held(0), world.held(1)),
        (60, 2),
        "who is served first"
    );
}

#[test]
fn a_request_above_the_share_does_not_pass_one_that_waits_for_room() {
    let mut world = World::new(TOTAL, 3);
    for _ in 0..16 {
        world.ask(0, 4);
    }
    assert!(!world.ask(1, 20));
    world.finish(0);
    assert!(!world.ask(0, 4), "the room is kept for who waits");
    assert!(world.ask(2, 2), "a small modest one fits beside");
    for _ in 0..5 {
        world.finish(0);
    }
    assert_eq!(world.held(1), 20);
}

#[test]
fn a_request_above_every_share_passes_when_there_is_room() {
    let mut world = World::new(TOTAL, 3);
    world.ask(0, 1);
    world.ask(1, 1);
    assert!(world.ask(2, 60));
}
