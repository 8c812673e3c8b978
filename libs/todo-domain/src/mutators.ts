/** Every mutator of the app, by name. */

import { listMutators } from "./mutators/lists.ts";
import { memberMutators } from "./mutators/members.ts";
import { todoMutators } from "./mutators/todos.ts";

export const mutators = { ...listMutators, ...memberMutators, ...todoMutators };

export type AppMutators = typeof mutators;
