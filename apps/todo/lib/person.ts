/** Who this window belongs to: one of the demo accounts, remembered for each window. */

import { demoPeople } from "@plasma-starter/todo-domain";
import type { DemoPersonId } from "@plasma-starter/todo-domain";
import { remembered } from "./remembered.ts";

/** `?as=grace` opens a window for that person. */
export const PERSON_PARAMETER = "as";

export const person = remembered<DemoPersonId>({
  key: "plasma-person",
  scope: "session",
  parse: (stored) => {
    const asked = new URLSearchParams(window.location.search).get(PERSON_PARAMETER);
    return isPersonId(asked) ? asked : isPersonId(stored) ? stored : demoPeople[0].id;
  },
});

export function isPersonId(value: string | null): value is DemoPersonId {
  return demoPeople.some(({ id }) => id === value);
}
