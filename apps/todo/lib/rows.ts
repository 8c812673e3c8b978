/** The rows that components hand to each other. */

import type { lists, members, todos, users } from "@plasma-starter/todo-domain";
import type { InferRow } from "@sh1n4ps/plasma-core";

export type List = InferRow<typeof lists>;
export type Member = InferRow<typeof members>;
export type Todo = InferRow<typeof todos>;
export type Person = InferRow<typeof users>;
