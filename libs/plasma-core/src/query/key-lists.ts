/** Ids in lists that every database takes at once. */

/** In characters, each of which takes six bytes at most: lists as long as one value of D1 may be (2 MB). */
const MAX_LIST = 300_000;

export function* keyLists(keys: Iterable<string>): Generator<string[]> {
  let list: string[] = [];
  let length = 0;
  for (const key of keys) {
    if (length + key.length > MAX_LIST) {
      yield list;
      list = [];
      length = 0;
    }
    list.push(key);
    length += key.length + 1;
  }
  if (list.length > 0) yield list;
}
