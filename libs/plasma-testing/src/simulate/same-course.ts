/** Where two runs of the same steps part: then the app depends on more than its seed, and no story can be told again. */

/** Characters on each side of the place where two long entries part. */
const AROUND = 40;

export interface Course {
  /** Everything that has happened, in words. */
  readonly trail: readonly string[];
  readonly end: string;
}

/** What differs first; null if nothing does. */
export function firstDifference(one: Course, other: Course): string | null {
  const [course, again] = [one, other].map(({ trail, end }) => [...trail, end]) as [
    string[],
    string[],
  ];
  const at = course.findIndex((entry, index) => entry !== again[index]);
  if (at < 0) return null;
  const [entry, instead = "nothing"] = [course[at]!, again[at]];
  const [what, whatInstead] = [withoutTime(entry), withoutTime(instead)];
  return what === whatInstead ? sideBySide(entry, instead) : sideBySide(what, whatInstead);
}

function withoutTime(entry: string): string {
  return entry.replace(/^\d+\.\d{3} /, "");
}

function sideBySide(one: string, other: string): string {
  return `${excerpt(one, other)} in the one, ${excerpt(other, one)} in the other`;
}

function excerpt(entry: string, beside: string): string {
  let parting = 0;
  while (parting < entry.length && entry[parting] === beside[parting]) parting++;
  const start = Math.max(0, parting - AROUND);
  const end = parting + AROUND;
  const before = start > 0 ? "…" : "";
  const after = end < entry.length ? "…" : "";
  return `"${before}${entry.slice(start, end)}${after}"`;
}
