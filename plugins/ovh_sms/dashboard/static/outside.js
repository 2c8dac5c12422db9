/* Airflow's frame opens no windows and leads nowhere else: a link or form that does is followed by the window around it. */
"use strict";
(() => {
  const around = () => {
    try {
      return window.parent === window ? null : window.parent.document;
    } catch {
      return null; // another site's frame
    }
  };

  const follow = (element, act) => {
    element.hidden = true;
    element.rel = "noopener noreferrer";
    element.target = element.dataset.outside || "_blank";
    around().body.append(element);
    act(element);
    element.remove();
  };

  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("a[data-outside]");
    if (!link || !around()) return;
    event.preventDefault();
    const copy = around().createElement("a");
    copy.href = link.href;
    copy.dataset.outside = link.dataset.outside;
    follow(copy, (it) => it.click());
  });

  document.addEventListener("submit", (event) => {
    const form = event.target.closest?.("form[data-outside]");
    if (!form || !around()) return;
    event.preventDefault();
    const copy = around().createElement("form");
    copy.method = form.method;
    copy.action = form.action;
    copy.dataset.outside = form.dataset.outside;
    for (const [name, value] of new FormData(form)) {
      const field = around().createElement("input");
      field.type = "hidden";
      field.name = name;
      field.value = value;
      copy.append(field);
    }
    follow(copy, (it) => it.submit());
  });
})();
