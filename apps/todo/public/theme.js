// Applies the remembered theme before the page is painted. Without one, the system decides.
try {
  const theme = localStorage.getItem("plasma-theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
} catch {
  // Storage can be forbidden; the system's theme is fine then.
}
