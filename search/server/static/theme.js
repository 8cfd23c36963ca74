// Light or dark, before anything is drawn: a classic script, since modules run after the first frame.
try {
  const chosen = localStorage.getItem("crossgraph.theme");
  if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
} catch {
  // A browser that keeps nothing follows the system.
}
