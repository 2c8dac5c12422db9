/* The theme of Airflow around this page, as it changes; without Airflow around it, what Airflow keeps in this browser. */
"use strict";
(() => {
  const root = document.documentElement;
  const around = () => {
    try {
      return window.parent === window ? null : window.parent.document.documentElement;
    } catch {
      return null; // another site's frame
    }
  };
  const airflow = around();
  const system = window.matchMedia("(prefers-color-scheme: dark)");

  const kept = () => {
    try {
      return window.localStorage.getItem("theme");
    } catch {
      return null;
    }
  };

  const theme = () => {
    if (airflow?.classList.contains("dark")) return "dark";
    if (airflow?.classList.contains("light")) return "light";
    const chosen = kept();
    if (chosen === "dark" || chosen === "light") return chosen;
    return system.matches ? "dark" : "light";
  };

  const apply = () => {
    if (root.dataset.theme === theme()) return;
    root.dataset.theme = theme();
    document.dispatchEvent(new CustomEvent("theme"));
  };

  apply();
  if (airflow) new MutationObserver(apply).observe(airflow, { attributes: true, attributeFilter: ["class"] });
  system.addEventListener("change", apply);
  window.addEventListener("storage", apply);
})();
