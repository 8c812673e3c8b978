"use client";

/** Light, dark, or as the system has it. */

import { useSyncExternalStore } from "react";
import { applyTheme, theme } from "@/lib/theme";
import type { Theme } from "@/lib/theme";
import { Icon } from "./icon";

const LABELS: Record<Theme, string> = { system: "Auto", light: "Light", dark: "Dark" };

export function ThemeSelect() {
  const current = useSyncExternalStore(theme.subscribe, theme.get, () => "system" as const);
  return (
    <label className="relative flex items-center text-soft hover:text-ink">
      <span className="sr-only">Theme</span>
      <Icon name="theme" className="pointer-events-none absolute left-2.5 size-4" />
      <select
        value={current}
        onChange={(event) => applyTheme(event.target.value as Theme)}
        className="h-10 appearance-none rounded-full bg-transparent pr-3 pl-8 text-sm hover:bg-sunken"
      >
        {Object.entries(LABELS).map(([value, label]) => (
          <option key={value} value={value}>
            {label}
          </option>
        ))}
      </select>
    </label>
  );
}
