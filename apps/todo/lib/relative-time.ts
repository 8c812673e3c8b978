/** "just now", "2 min. ago": a moment as people say it. */

const FORMAT = new Intl.RelativeTimeFormat("en", { numeric: "auto", style: "short" });

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

export function relativeTime(moment: number, now: number): string {
  const age = now - moment;
  // Also for a moment slightly ahead, when the clock was set back.
  if (age < MINUTE) return "just now";
  if (age < HOUR) return FORMAT.format(-Math.floor(age / MINUTE), "minute");
  if (age < DAY) return FORMAT.format(-Math.floor(age / HOUR), "hour");
  return FORMAT.format(-Math.floor(age / DAY), "day");
}
