/** Light, dark, or as the system has it. `public/theme.js` applies what is remembered before the first paint. */

import { remembered } from "./remembered.ts";

export type Theme = "system" | "light" | "dark";

export const theme = remembered<Theme>({
  key: "plasma-theme",
  scope: "local",
  parse: (stored) => (stored === "light" || stored === "dark" ? stored : "system"),
});

export function applyTheme(next: Theme): void {
  theme.set(next);
  const root = document.documentElement;
  if (next === "system") delete root.dataset.theme;
  else root.dataset.theme = next;
}
