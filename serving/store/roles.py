"""Accounts of PostgreSQL with no more rights than their work needs."""

import re
from collections.abc import Sequence

from sqlalchemy import text

from tianfu.model.errors import InvalidRequest
from tianfu.serving.store.database import Database

APPEND_ONLY = ("audit",)
"""Tables whose rows nobody changes or removes, not even the service."""
UNTOUCHED = ("alembic_version",)
NOBODYS = ("REVOKE EXECUTE ON FUNCTION tianfu_keep_months FROM PUBLIC",)
"""What a database restored from a dump, which holds no rights, leaves open to every account: this function
drops months with its owner's rights."""
SECRET = ("api_keys", "settings")
"""Tables that nobody reads but the service."""


def role_statements(app: str, analyst: str, owner: str = "CURRENT_USER") -> list[str]:
    """SQL that makes two roles and gives them their rights; running it again changes nothing.

    ``app`` is what ``tianfu serve`` and ``tianfu worker`` connect as: it reads and writes rows, and can
    neither change tables nor rewrite the audit trail.  ``analyst`` is what ``tianfu export`` may connect as:
    it reads, all but keys and secrets.  Passwords are the operator's to set.

    Args:
        app: Name of the service's account.
        analyst: Name of the account that only reads.
        owner: Who owns the tables; rights on tables to come are given as this account.

    Raises:
        InvalidRequest: A name is not of small letters, digits and underscores.
    """
    for field, name in (("app", app), ("analyst", analyst)):
        if not re.fullmatch(r"[a-z_][a-z0-9_]{0,62}", name):
            raise InvalidRequest(field=field, why="must be of small letters, digits and underscores")
    return [
        _create(app),
        _create(analyst),
        "REVOKE CREATE ON SCHEMA public FROM PUBLIC",
        f"GRANT USAGE ON SCHEMA public TO {app}, {analyst}",
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {app}",
        f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {app}",
        f"REVOKE UPDATE, DELETE ON {', '.join(APPEND_ONLY)} FROM {app}",
        f"REVOKE INSERT, UPDATE, DELETE ON {', '.join(UNTOUCHED)} FROM {app}",
        *NOBODYS,
        f"GRANT EXECUTE ON FUNCTION tianfu_keep_months TO {app}",
        f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {analyst}",
        f"REVOKE ALL ON {', '.join(SECRET)} FROM {analyst}",
        f"ALTER DEFAULT PRIVILEGES FOR ROLE {owner} IN SCHEMA public "
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {app}",
        f"ALTER DEFAULT PRIVILEGES FOR ROLE {owner} IN SCHEMA public "
        f"GRANT USAGE, SELECT ON SEQUENCES TO {app}",
        f"ALTER DEFAULT PRIVILEGES FOR ROLE {owner} IN SCHEMA public GRANT SELECT ON TABLES TO {analyst}",
    ]


def apply_roles(database: Database, statements: Sequence[str]) -> None:
    """Run the statements, all or none."""
    with database.write(["migrations"]) as uow:
        for statement in statements:
            uow.run(text(statement))
        uow.commit()


def _create(role: str) -> str:
    return (
        f"DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{role}') "
        f"THEN CREATE ROLE {role} LOGIN; END IF; END $$"
    )
