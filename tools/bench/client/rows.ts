/** The rows that every adapter gets: the same ones for the same number, so that a model of them can be made anywhere. */

export interface Row {
  readonly id: string;
  readonly listId: string;
  readonly title: string;
  readonly done: boolean;
  readonly priority: number;
  readonly createdAt: number;
  readonly notes: string;
}

export interface List {
  readonly id: string;
  readonly name: string;
}

/** The columns that the benchmark changes. */
export interface Patch {
  readonly title?: string;
  readonly done?: boolean;
  readonly priority?: number;
  readonly notes?: string;
}

export interface Change {
  readonly id: string;
  readonly patch: Patch;
}

export const ROWS_PER_LIST = 1000;
const FIRST_TIME = 1_700_000_000_000;
const WORDS =
  "oak rain lamp seven quiet harbour paper blue winter engine salt garden letter north copper bread".split(
    " ",
  );

export function rowAt(number: number): Row {
  return {
    id: rowId(number),
    listId: `l${Math.floor(number / ROWS_PER_LIST)}`,
    title: `A thing to do, number ${number}`,
    done: (number * 13) % 7 === 0,
    priority: (number * 7 + Math.floor(number / 10)) % 10,
    // Both are primes: no two rows have the same time, and the order is not that of the ids.
    createdAt: FIRST_TIME + ((number * 7919) % 1_000_003),
    notes: notesOf(number),
  };
}

export function rowId(number: number): string {
  return `r${String(number).padStart(7, "0")}`;
}

export function makeRows(size: number): Row[] {
  return Array.from({ length: size }, (_, number) => rowAt(number));
}

export function makeLists(size: number): List[] {
  return Array.from({ length: Math.ceil(size / ROWS_PER_LIST) }, (_, number) => ({
    id: `l${number}`,
    name: `List ${number}`,
  }));
}

/** About 100 bytes, and not so regular that they compress to nothing. */
function notesOf(number: number): string {
  let state = (number + 1) * 2_654_435_761;
  let text = "";
  while (text.length < 96) {
    state = (Math.imul(state ^ (state >>> 15), 2_246_822_519) + 374_761_393) >>> 0;
    text += `${WORDS[state % WORDS.length]} `;
  }
  return text + (state % 1000);
}
