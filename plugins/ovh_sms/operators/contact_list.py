"""The base of the steps that read a contact list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ovh_sms.operators.base import OvhSmsOperator

if TYPE_CHECKING:
    from airflow.sdk import Context
    from jinja2 import Environment

    from ovh_sms.contacts.preparation import PreparationRequest


class ContactsOperator(OvhSmsOperator):
    """A step that reads a contact list; not for use on its own.

    :param contacts: path of the contact list, its address, or ``{"sql": …}`` or ``{"http": …}``.
    :param message: the text with its ``#column#`` placeholders.
    :param stop_clause: whether OVH adds the STOP clause, whose characters are counted.
    :param sheet: sheet of an Excel workbook; by default the first.
    :param suppress: paths or addresses of files of numbers that get no SMS.
    :param options: fields of :class:`~ovh_sms.contacts.options.ContactOptions`.
    """

    template_fields: Sequence[str] = (*OvhSmsOperator.template_fields, "contacts", "suppress")

    def __init__(
        self,
        *,
        contacts: str | Mapping[str, Any],
        message: str,
        stop_clause: bool,
        sheet: str | None = None,
        suppress: Sequence[str] | None = None,
        options: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.contacts = contacts
        self.message = message
        self.stop_clause = stop_clause
        self.sheet = sheet
        self.suppress = suppress
        self.options = options

    def render_template(
        self, content: Any, context: Context, jinja_env: Environment | None = None, seen_oids: set[int] | None = None
    ) -> Any:
        """Fill in templates; those of the list and its suppression files reach the run alone."""
        if content is not self.contacts and content is not self.suppress:
            return super().render_template(content, context, jinja_env, seen_oids)
        from ovh_sms.operators.list_templates import list_names, render_list_template

        names = list_names(context)
        env = jinja_env or self.get_template_env()

        def rendered(value: Any) -> Any:
            if isinstance(value, str):
                return render_list_template(value, names, env)
            if isinstance(value, dict):
                return {name: rendered(each) for name, each in value.items()}
            if isinstance(value, (list, tuple)):
                return [rendered(each) for each in value]
            return super(ContactsOperator, self).render_template(value, context, jinja_env, seen_oids)

        return rendered(content)

    def list_source(self) -> PreparationRequest:
        """Return the list with its options; the sandbox accepts numbers of fiction."""
        from ovh_sms.clock import SystemClock
        from ovh_sms.contacts.options import ContactOptions
        from ovh_sms.contacts.preparation import PreparationRequest

        options = ContactOptions(**{"allow_fiction": self.hook.is_sandbox, **(self.options or {})})
        return PreparationRequest(
            contacts=self.contacts,
            message=self.message,
            stop_clause=self.stop_clause,
            options=options,
            sheet=self.sheet,
            suppress=self.suppress or (),
            today=options.day_of(SystemClock().now()),
        )
