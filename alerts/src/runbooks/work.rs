//! The doing of what is planned: steps become events, and asks become requests whose outcome comes back as
//! further steps.

use std::collections::HashMap;
use std::sync::Arc;

use store::model::UnixNano;
use tokio::sync::{mpsc, watch};

use super::config::Runbook;
use super::plan::{Do, plan};
use super::send::Sender;
use super::step::{Runs, Stage, Step, Token};
use crate::incidents::{Book, Event, Incident, What};

/// Does what runbooks are to do.
#[derive(Debug)]
pub struct Work {
    /// Those that hold now; whoever reads the configuration anew replaces them all.
    runbooks: watch::Receiver<Arc<Vec<Runbook>>>,
    sender: Sender,
    /// Runs that are being asked for.
    asking: HashMap<String, Asking>,
    came: mpsc::UnboundedReceiver<(String, Step)>,
    tell: mpsc::UnboundedSender<(String, Step)>,
}

#[derive(Debug)]
struct Asking {
    incident: String,
    token: Token,
    /// Whether the request is made; before, its step was not kept yet.
    made: bool,
}

impl Work {
    /// Of these runbooks.
    #[must_use]
    pub fn new(runbooks: watch::Receiver<Arc<Vec<Runbook>>>, sender: Sender) -> Self {
        // One outcome for each ask, and asks are bounded by the runbooks' concurrency.
        let (tell, came) = mpsc::unbounded_channel();
        Self {
            runbooks,
            sender,
            asking: HashMap::new(),
            came,
            tell,
        }
    }

    /// What happened to runs and what is to happen now, to be kept before [`Work::ask`].
    pub fn turn(&mut self, book: &Book, runs: &Runs, now: UnixNano) -> Vec<Event> {
        // Those whose steps could not be kept are planned anew.
        self.asking.retain(|_, asking| asking.made);
        let mut steps: Vec<(String, Step)> = Vec::new();
        while let Ok((incident, step)) = self.came.try_recv() {
            self.asking.remove(&step.run);
            steps.push((incident, step));
        }
        // An outcome that is not added up yet would be planned for once more.
        let told = |run: &str| steps.iter().any(|(_, step)| step.run == run);
        let asking = |run: &str| self.asking.contains_key(run) || told(run);
        let incidents: Vec<&Incident> = book.incidents().collect();
        let runbooks = Arc::clone(&self.runbooks.borrow());
        let planned = plan(&runbooks, &incidents, runs, asking, now);
        for todo in planned {
            match todo {
                Do::Tell { incident, step } => steps.push((incident, step)),
                Do::Ask {
                    incident,
                    run,
                    runbook,
                    expires_at,
                } => {
                    let Ok(token) = Token::new() else {
                        tracing::error!("the machine gives no random numbers; runbooks wait");
                        break;
                    };
                    let stage = Stage::Started {
                        token_sha256: token.hashed(),
                        expires_at,
                    };
                    let asking = Asking {
                        incident: incident.clone(),
                        token,
                        made: false,
                    };
                    self.asking.insert(run.clone(), asking);
                    steps.push((
                        incident,
                        Step {
                            run,
                            runbook,
                            stage,
                        },
                    ));
                }
            }
        }
        let nth = |(nth, (incident, step)): (usize, (String, Step))| {
            let at = now.0.saturating_add(i64::try_from(nth).unwrap_or(0));
            Event::own(&incident, UnixNano(at), What::Runbook(step))
        };
        steps.into_iter().enumerate().map(nth).collect()
    }

    /// Makes the requests whose steps were kept.
    pub fn ask(&mut self, book: &Book, runs: &Runs) {
        let runbooks = Arc::clone(&self.runbooks.borrow());
        for (id, asking) in self.asking.iter_mut().filter(|(_, asking)| !asking.made) {
            let incident = book.incident(&asking.incident).cloned();
            let (Some(incident), Some(run)) = (incident, runs.get(id).cloned()) else {
                continue;
            };
            let sender = self.sender.clone();
            asking.made = true;
            let (runbooks, tell) = (Arc::clone(&runbooks), self.tell.clone());
            let token = asking.token.clone();
            tokio::spawn(async move {
                let own = runbooks.iter().find(|r| r.config.name == run.runbook);
                let stage = match own {
                    Some(runbook) => sender.ask(runbook, &incident, &run, &token).await,
                    None => return,
                };
                let step = Step {
                    run: run.id,
                    runbook: run.runbook,
                    stage,
                };
                // Nobody listens any more when we are ending; it is asked for again then.
                let _ = tell.send((incident.id, step));
            });
        }
    }
}
