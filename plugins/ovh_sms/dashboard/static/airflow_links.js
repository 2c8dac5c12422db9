/* Links to Airflow's own pages open in the window of Airflow, not in the frame in which it shows these pages. */
"use strict";
(() => {
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("a.airflow");
    if (!link || window.parent === window || event.ctrlKey || event.metaKey || event.shiftKey) return;
    try {
      // The frame itself may not lead its window away: a link of that window may.
      const around = window.parent.document;
      const same = around.createElement("a");
      same.href = link.href;
      around.body.append(same);
      same.click();
      same.remove();
      event.preventDefault();
    } catch {
      // another site's frame: the link opens here
    }
  });
})();
