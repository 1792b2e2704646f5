//! Passwords that are guessed: by one client, out of one network, on one account, or out of everywhere
//! at once.
//!
//! One client is judged by itself, without any history: many accounts failed and nearly nothing succeeded. A
//! thousand people behind one address fail now and then too, but nine of ten get in. What comes out of a
//! thousand addresses is judged at the function: far more logins than usual, most of them failing, while the
//! usual people still get in — where they do not, the login itself is broken, and nobody attacks.

use serde::{Deserialize, Serialize};

use super::address;
use super::attempt::{self, Attempt};
use super::detector::{self, Context, Detector, S, Seen, hash};
use super::finding::{Claim, Mark, Rule, Subject};
use super::lanes::{Lane, Lanes, Looks, Window};
use super::recent::Recent;
use super::rules;
use super::table::{Ranked, Table};

/// What is looked at together.
const WINDOW_NS: i64 = 300 * S;
/// Attempts remembered of one client, network or account.
const ATTEMPTS_MAX: usize = 400;
/// Attempts remembered of one function.
const FUNCTION_ATTEMPTS_MAX: usize = 20_000;
/// Clients, networks and accounts; with 200 bytes an attempt and few of each, some tens of MB.
const KEYS_MAX: usize = 20_000;
const FUNCTIONS_MAX: usize = 2_000;
/// Accounts that failed from one client.
const ACCOUNTS_MIN: usize = 8;
/// The same out of a network of at least three clients.
const NETWORK_ACCOUNTS_MIN: usize = 12;
/// Failed logins of one account.
const GUESSES_MIN: usize = 20;
/// Share of attempts that fail when somebody guesses.
const FAILING_MIN: f64 = 0.75;
/// Failed logins at one function, and clients, when nobody sticks out.
const SPREAD_FAILURES_MIN: usize = 25;
const SPREAD_CLIENTS_MIN: usize = 8;
/// Slower than one in so many seconds it is spraying.
const SLOW_NS: i64 = 5 * S;

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Try {
    user: u64,
    client: u64,
    succeeded: bool,
    mark: Mark,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Tries {
    recent: Recent<Try>,
    /// Failures in the window, about.
    failures: u32,
}

impl Ranked for Tries {
    fn suspicion(&self) -> u32 {
        self.failures
    }
    fn newest_ns(&self) -> i64 {
        self.recent.newest_ns()
    }
}

/// What a minute at a function is like when nobody attacks.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
struct Usual {
    minutes: u32,
    attempts: f64,
    successes: f64,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct AtFunction {
    tries: Lanes<AllTries>,
    usual: Usual,
    minute_ns: i64,
    /// Attempts and successes of the minute that runs.
    running: (u32, u32),
}

/// Attempts of all clients together.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct AllTries {
    tries: Tries,
    looks: Looks,
}

impl Window for AllTries {
    fn newest_ns(&self) -> i64 {
        self.tries.recent.newest_ns()
    }
}

impl Ranked for AtFunction {
    fn suspicion(&self) -> u32 {
        self.tries.get(Lane::Timely).tries.failures
    }
    fn newest_ns(&self) -> i64 {
        self.tries.newest_ns()
    }
}

#[derive(Debug, Serialize, Deserialize)]
struct State {
    clients: Table<Tries>,
    networks: Table<Tries>,
    accounts: Table<Tries>,
    functions: Table<AtFunction>,
}

/// See the module.
#[derive(Debug)]
pub struct Logins(State);

impl Default for Logins {
    fn default() -> Self {
        Self(State {
            clients: Table::new(KEYS_MAX),
            networks: Table::new(KEYS_MAX),
            accounts: Table::new(KEYS_MAX),
            functions: Table::new(FUNCTIONS_MAX),
        })
    }
}

impl Detector for Logins {
    fn name(&self) -> &'static str {
        "logins"
    }

    fn see(&mut self, seen: Seen<'_>, context: &mut Context<'_>) {
        let event = seen.event;
        let Some(attempt) = attempt::of(event) else {
            return;
        };
        let time_ns = event.raw.time_ns;
        let entry = Try {
            user: hash(&attempt.user),
            client: hash(&attempt.client),
            succeeded: attempt.succeeded,
            mark: Mark::of(event),
        };
        let function = event.function.as_str();
        let mut claims = Vec::new();
        if !attempt.client.is_empty() {
            let key = format!("{function} {}", attempt.client);
            let tries = self.0.clients.entry(&key);
            tries.add(time_ns, entry.clone(), ATTEMPTS_MAX);
            claims.extend(of_client(tries, &attempt, function));
            if let Some(network) = address::network(&attempt.client) {
                let tries = self.0.networks.entry(&format!("{function} {network}"));
                tries.add(time_ns, entry.clone(), ATTEMPTS_MAX);
                claims.extend(of_network(tries, &attempt, function, &network));
            }
        }
        if !attempt.user.is_empty() {
            let tries = self
                .0
                .accounts
                .entry(&format!("{function} {}", attempt.user));
            tries.add(time_ns, entry.clone(), ATTEMPTS_MAX);
            claims.extend(of_account(tries, &attempt, function));
        }
        let at = self.0.functions.entry(function);
        let lane = at.add(time_ns, entry);
        if claims.is_empty() && !attempt.succeeded {
            claims.extend(at.spread(function, lane));
        }
        for claim in claims {
            context.claim(claim);
        }
    }

    fn tick(&mut self, context: &mut Context<'_>) {
        let before_ns = context.forgotten_before_ns(WINDOW_NS);
        self.0.clients.expire(before_ns);
        self.0.networks.expire(before_ns);
        self.0.accounts.expire(before_ns);
    }

    fn save(&self) -> Vec<u8> {
        detector::save(&self.0)
    }

    fn load(&mut self, state: &[u8]) -> bool {
        detector::load(&mut self.0, state)
    }
}

impl Tries {
    fn add(&mut self, time_ns: i64, entry: Try, max: usize) {
        self.recent.add(time_ns, entry, WINDOW_NS, max);
        self.recount();
    }

    fn recount(&mut self) {
        self.failures = u32::try_from(self.failed().count()).unwrap_or(u32::MAX);
    }

    fn failed(&self) -> impl DoubleEndedIterator<Item = &Try> {
        self.recent.iter().filter(|entry| !entry.succeeded)
    }

    fn failing(&self) -> f64 {
        f64::from(self.failures) / (self.recent.len().max(1)) as f64
    }

    /// Different accounts that failed; what names no account counts none.
    fn accounts(&self) -> usize {
        let unnamed = hash("");
        self.recent
            .distinct(|entry| (!entry.succeeded && entry.user != unnamed).then_some(entry.user))
    }

    fn clients(&self) -> usize {
        self.recent
            .distinct(|entry| (!entry.succeeded).then_some(entry.client))
    }

    fn claim(&self, rule: &Rule, subject: Subject, confidence: f32) -> Claim {
        let (failed, all) = (self.failures, self.recent.len());
        let (accounts, clients) = (self.accounts(), self.clients());
        let succeeded = all - failed as usize;
        let claim = Claim::new(rule, subject, confidence)
            .marks(self.failed().map(|entry| entry.mark.clone()))
            .because(format!(
                "{failed} of {all} logins within five minutes failed, on {accounts} accounts, from {clients} clients"
            ));
        match succeeded {
            0 => claim,
            1 => claim.because("one login succeeded among them: look whose"),
            more => claim.because(format!("{more} logins succeeded among them: look whose")),
        }
    }

    fn is_slow(&self) -> bool {
        let span_ns = self.recent.newest_ns() - self.recent.oldest_ns();
        self.failures >= 2 && span_ns / i64::from(self.failures - 1) >= SLOW_NS
    }
}

/// Stuffing or spraying, by how fast it goes.
fn many_accounts(tries: &Tries) -> &'static Rule {
    const STUFFING: &Rule = &rules::STUFFING;
    const SPRAYING: &Rule = &rules::SPRAYING;
    if tries.is_slow() { SPRAYING } else { STUFFING }
}

fn of_client(tries: &Tries, attempt: &Attempt, function: &str) -> Option<Claim> {
    if attempt.succeeded || tries.failing() < FAILING_MIN {
        return None;
    }
    let accounts = tries.accounts();
    let subject = Subject::function(function).client(&attempt.client);
    if accounts >= ACCOUNTS_MIN {
        return Some(tries.claim(many_accounts(tries), subject, 0.9));
    }
    let guesses = tries.failures as usize >= GUESSES_MIN;
    let one = if accounts == 1 {
        attempt.user.as_str()
    } else {
        ""
    };
    guesses.then(|| tries.claim(&rules::BRUTE_FORCE, subject.principal(one), 0.8))
}

fn of_network(tries: &Tries, attempt: &Attempt, function: &str, network: &str) -> Option<Claim> {
    let many = !attempt.succeeded
        && tries.failing() >= FAILING_MIN
        && tries.accounts() >= NETWORK_ACCOUNTS_MIN
        && tries.clients() >= 3;
    let subject = Subject::function(function).client(network);
    many.then(|| tries.claim(many_accounts(tries), subject, 0.85))
}

fn of_account(tries: &Tries, attempt: &Attempt, function: &str) -> Option<Claim> {
    let guessed = !attempt.succeeded
        && tries.failures as usize >= GUESSES_MIN * 3 / 4
        && tries.failing() >= 0.9
        && tries.clients() >= 3;
    let subject = Subject::function(function).principal(&attempt.user);
    guessed.then(|| tries.claim(&rules::BRUTE_FORCE, subject, 0.85))
}

impl AtFunction {
    fn add(&mut self, time_ns: i64, entry: Try) -> Lane {
        let lane = self.tries.of(time_ns, WINDOW_NS);
        if lane == Lane::Timely {
            let minute_ns = time_ns - time_ns.rem_euclid(60 * S);
            if minute_ns > self.minute_ns {
                self.close();
                self.minute_ns = minute_ns;
            }
            self.running.0 += 1;
            self.running.1 += u32::from(entry.succeeded);
        }
        let tries = &mut self.tries.get_mut(lane).tries;
        tries.failures = tries.failures.saturating_add(u32::from(!entry.succeeded));
        tries
            .recent
            .add(time_ns, entry, WINDOW_NS, FUNCTION_ATTEMPTS_MAX);
        if tries.recent.len().is_multiple_of(64) || tries.failures > FUNCTION_ATTEMPTS_MAX as u32 {
            tries.recount();
        }
        lane
    }

    /// A minute is learnt when most of its logins succeeded: an attack is not.
    fn close(&mut self) {
        let (attempts, successes) = self.running;
        self.running = (0, 0);
        if attempts == 0 || f64::from(successes) / f64::from(attempts) < 0.5 {
            return;
        }
        let usual = &mut self.usual;
        usual.minutes = (usual.minutes + 1).min(1_440);
        let weight = 1.0 / f64::from(usual.minutes);
        usual.attempts += (f64::from(attempts) - usual.attempts) * weight;
        usual.successes += (f64::from(successes) - usual.successes) * weight;
    }

    /// Whether the usual people get in as ever, by the last minutes in which at least five of them would
    /// have.
    fn still_in(&self, recent: &Recent<Try>) -> bool {
        let per_minute = self.usual.successes;
        let minutes = (5.0 / per_minute.max(0.01)).clamp(1.0, (WINDOW_NS / (60 * S)) as f64);
        #[allow(clippy::cast_possible_truncation)] // five minutes at most
        let from_ns = recent.newest_ns() - (minutes * (60 * S) as f64) as i64;
        let succeeded = recent
            .since(from_ns)
            .filter(|(_, entry)| entry.succeeded)
            .count() as f64;
        let expected = per_minute * minutes;
        expected < 3.0 || succeeded >= 0.4 * expected
    }

    /// Whether logins fail all over, more than usual, while the usual people get in.
    fn spread(&mut self, function: &str, lane: Lane) -> Option<Claim> {
        if !self.tries.get_mut(lane).are_due() {
            return None;
        }
        let tries = &self.tries.get(lane).tries;
        let (failures, all) = (tries.failures as usize, tries.recent.len());
        let known = self.usual.minutes >= 2;
        let minutes = WINDOW_NS as f64 / (60 * S) as f64;
        let expected = self.usual.attempts * minutes;
        let more = if known {
            all as f64 >= 2.5 * expected.max(4.0)
        } else {
            failures >= 40
        };
        let failing_min = if known { 0.5 } else { FAILING_MIN };
        let accounts = tries.accounts();
        let fits = failures >= SPREAD_FAILURES_MIN
            && tries.clients() >= SPREAD_CLIENTS_MIN
            && (accounts == 0 || accounts >= SPREAD_FAILURES_MIN * 3 / 5)
            && tries.failing() >= failing_min;
        if !(fits && more && self.still_in(&tries.recent)) {
            return None;
        }
        let subject = Subject::function(function).client(super::book::MANY);
        let claim = tries.claim(many_accounts(tries), subject, 0.8);
        Some(match known {
            true => claim.because(format!("{expected:.0} logins are usual in five minutes")),
            false => claim,
        })
    }
}

impl AllTries {
    /// Whether they are to be looked at.
    fn are_due(&mut self) -> bool {
        let (newest_ns, len) = (self.newest_ns(), self.tries.recent.len());
        let enough = self.tries.failures as usize >= SPREAD_FAILURES_MIN;
        let due = enough && self.looks.are_due(newest_ns, len, S);
        if due {
            self.tries.recount();
        }
        due
    }
}
