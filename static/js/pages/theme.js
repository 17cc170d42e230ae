// Before the first paint: the theme this person chose on this machine. Runs as a classic script, at once.
(() => {
  try {
    const chosen = localStorage.getItem("tandem.theme");
    if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
  } catch {
    // Storage is closed (private window): the machine's own scheme is used.
  }
})();
