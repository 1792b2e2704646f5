//! Go's templates call methods on what they are given: `.Labels.SortedPairs`, `.StartsAt.Format "15:04"`.
//! The engine knows maps, lists and plain values only, so every parsed template is rewritten: a field
//! becomes a call of [`FIELD`], which knows our nouns, and what is printed goes through [`SHOW`], which
//! knows how each of them reads and what the receiver's format wants escaped.

use gotmpl::parse::{
    ActionNode, CommandNode, DefineNode, Expr, ListNode, Node, Parser, PipeNode, Pos, SmolStr,
};

use super::Error;

/// `FIELD value "Name" argument…`: a field, a key or a method.
pub const FIELD: &str = "_field";
/// `SHOW value`: the text that is printed, escaped for the format.
pub const SHOW: &str = "_show";
/// `PLAIN value`: the text, unescaped, for functions that print.
pub const PLAIN: &str = "_plain";
/// `STEP`: one template begun; fails when there were too many.
pub const STEP: &str = "_step";

/// Functions that turn their arguments into text.
const PRINTERS: [&str; 6] = ["print", "printf", "println", "html", "js", "urlquery"];
/// Functions whose result is escaped already, in their own way. The engine's HTML refuses its own in
/// some places that Go's allows, so ours stand in for them: `_html` for `html`.
pub const ESCAPERS: [(&str, &str); 3] =
    [("html", "_html"), ("js", "_js"), ("urlquery", "_urlquery")];
/// The engine's own functions beside [`PRINTERS`].
const BUILTIN: [&str; 13] = [
    "and", "or", "not", "len", "index", "slice", "call", "eq", "ne", "lt", "le", "gt", "ge",
];

/// Reads `source` and rewrites it: its own body and what it defines. `known` are our functions.
///
/// # Errors
/// [`Error`] with the line, for what is no template or calls what does not exist.
pub fn parse(source: &str, known: &[&str]) -> Result<(ListNode, Vec<DefineNode>), Error> {
    let parsed = Parser::new(source, "{{", "}}").and_then(Parser::parse);
    let (mut root, mut defines) = parsed.map_err(|error| Error::of(&error))?;
    let rewriter = Rewriter { known };
    rewriter.body(&mut root)?;
    for define in &mut defines {
        rewriter.body(&mut define.body)?;
    }
    Ok((root, defines))
}

struct Rewriter<'a> {
    known: &'a [&'a str],
}

impl Rewriter<'_> {
    /// A template of its own: begins with a step, so that templates which call each other end.
    fn body(&self, list: &mut ListNode) -> Result<(), Error> {
        self.list(list)?;
        let pos = list.pos;
        let mut pipe = pipe_of(call(pos, STEP, Vec::new()));
        pipe.decl.push(SmolStr::new("$_step"));
        list.nodes.insert(0, Node::Action(ActionNode { pos, pipe }));
        Ok(())
    }

    fn list(&self, list: &mut ListNode) -> Result<(), Error> {
        list.nodes.iter_mut().try_for_each(|node| self.node(node))
    }

    fn node(&self, node: &mut Node) -> Result<(), Error> {
        match node {
            Node::List(list) => self.list(list),
            Node::Action(action) => {
                self.pipe(&mut action.pipe)?;
                if action.pipe.decl.is_empty() {
                    show(&mut action.pipe);
                }
                Ok(())
            }
            Node::If(branch) | Node::Range(branch) | Node::With(branch) => {
                self.pipe(&mut branch.pipe)?;
                self.list(&mut branch.body)?;
                branch
                    .else_body
                    .as_mut()
                    .map_or(Ok(()), |list| self.list(list))
            }
            Node::Template(template) => template
                .pipe
                .as_mut()
                .map_or(Ok(()), |pipe| self.pipe(pipe)),
            Node::Define(define) => self.body(&mut define.body),
            Node::Text(_) | Node::Break(_) | Node::Continue(_) => Ok(()),
        }
    }

    fn pipe(&self, pipe: &mut PipeNode) -> Result<(), Error> {
        let mut commands = Vec::with_capacity(pipe.commands.len());
        for (i, command) in std::mem::take(&mut pipe.commands).into_iter().enumerate() {
            let pos = command.pos;
            let (command, prints) = self.command(command)?;
            if prints && i > 0 {
                commands.push(call(pos, PLAIN, Vec::new()));
            }
            commands.push(command);
        }
        pipe.commands = commands;
        Ok(())
    }

    /// The command rewritten, and whether it prints its arguments.
    fn command(&self, command: CommandNode) -> Result<(CommandNode, bool), Error> {
        let pos = command.pos;
        let mut args = command.args.into_iter();
        let Some(head) = args.next() else {
            return Ok((
                CommandNode {
                    pos,
                    args: Vec::new(),
                },
                false,
            ));
        };
        let rest = args
            .map(|arg| self.expr(arg))
            .collect::<Result<Vec<_>, _>>()?;
        let (inner, mut chain) = match head {
            Expr::Field(p, chain) => (Expr::Dot(p), chain),
            Expr::Variable(p, name, chain) => (Expr::Variable(p, name, Vec::new()), chain),
            Expr::Chain(_, inner, chain) => (self.expr(*inner)?, chain),
            Expr::Identifier(p, name) => {
                self.exists(&name, p)?;
                let prints = PRINTERS.contains(&name.as_str());
                let rest = if prints {
                    rest.into_iter().map(plain).collect()
                } else {
                    rest
                };
                let ours = ESCAPERS.iter().find(|(theirs, _)| *theirs == name);
                let name = ours.map_or(name.as_str(), |(_, ours)| ours);
                return Ok((call(pos, name, rest), prints));
            }
            other => {
                let mut args = vec![self.expr(other)?];
                args.extend(rest);
                return Ok((CommandNode { pos, args }, false));
            }
        };
        let Some(last) = chain.pop() else {
            let mut args = vec![inner];
            args.extend(rest);
            return Ok((CommandNode { pos, args }, false));
        };
        Ok((field(pos, chained(pos, inner, chain), &last, rest), false))
    }

    fn expr(&self, expr: Expr) -> Result<Expr, Error> {
        Ok(match expr {
            Expr::Field(pos, chain) => chained(pos, Expr::Dot(pos), chain),
            Expr::Variable(pos, name, chain) => {
                chained(pos, Expr::Variable(pos, name, Vec::new()), chain)
            }
            Expr::Chain(pos, inner, chain) => chained(pos, self.expr(*inner)?, chain),
            Expr::Pipe(pos, mut pipe) => {
                self.pipe(&mut pipe)?;
                Expr::Pipe(pos, pipe)
            }
            Expr::Identifier(pos, name) => {
                self.exists(&name, pos)?;
                Expr::Identifier(pos, name)
            }
            other => other,
        })
    }

    fn exists(&self, name: &str, pos: Pos) -> Result<(), Error> {
        let known = [&PRINTERS[..], &BUILTIN[..], self.known];
        if known.iter().any(|names| names.contains(&name)) {
            return Ok(());
        }
        Err(Error::new(format!(
            "line {}: there is no function {name:?}",
            pos.line
        )))
    }
}

fn show(pipe: &mut PipeNode) {
    let last = pipe
        .commands
        .last()
        .and_then(|command| command.args.first());
    let escaped = |name: &SmolStr| ESCAPERS.iter().any(|(_, ours)| *ours == name);
    if !matches!(last, Some(Expr::Identifier(_, name)) if escaped(name)) {
        pipe.commands.push(call(pipe.pos, SHOW, Vec::new()));
    }
}

fn plain(expr: Expr) -> Expr {
    match expr {
        Expr::String(..) | Expr::Number(..) | Expr::Bool(..) => expr,
        expr => {
            let pos = expr.pos();
            Expr::Pipe(pos, pipe_of(call(pos, PLAIN, vec![expr])))
        }
    }
}

fn chained(pos: Pos, inner: Expr, chain: Vec<SmolStr>) -> Expr {
    let nested =
        |inner, name: SmolStr| Expr::Pipe(pos, pipe_of(field(pos, inner, &name, Vec::new())));
    chain.into_iter().fold(inner, nested)
}

fn field(pos: Pos, inner: Expr, name: &str, rest: Vec<Expr>) -> CommandNode {
    let mut args = vec![inner, Expr::String(pos, name.into())];
    args.extend(rest);
    call(pos, FIELD, args)
}

fn call(pos: Pos, name: &str, rest: Vec<Expr>) -> CommandNode {
    let mut args = vec![Expr::Identifier(pos, SmolStr::new(name))];
    args.extend(rest);
    CommandNode { pos, args }
}

fn pipe_of(command: CommandNode) -> PipeNode {
    PipeNode {
        pos: command.pos,
        decl: Vec::new(),
        commands: vec![command],
        is_assign: false,
    }
}
