/**
 * Delta debugging: ever larger parts of a failing list are left out, then ever smaller ones, until nothing can be left
 * out without the failure going away, or `attempts` are used up.
 */

export async function shrink<T>(
  failing: readonly T[],
  fails: (items: readonly T[]) => Promise<boolean>,
  attempts: number,
): Promise<readonly T[]> {
  let items = failing;
  let left = attempts;
  let size = Math.max(1, Math.ceil(items.length / 2));
  for (;;) {
    let isShorter = false;
    // From the end, where most is of no matter to what went wrong before.
    for (let end = items.length; end > 0; end -= size) {
      if (left-- <= 0) return items;
      const rest = [...items.slice(0, Math.max(0, end - size)), ...items.slice(end)];
      if (!(await fails(rest))) continue;
      items = rest;
      isShorter = true;
    }
    if (size > 1) size = Math.ceil(size / 2);
    else if (!isShorter) return items;
  }
}
