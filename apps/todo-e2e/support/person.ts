/** Who the tests act as: the app's demo people. */
import type { DemoPersonId } from "@plasma-starter/todo-domain";

export type Person = DemoPersonId;
