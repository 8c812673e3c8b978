/** The schema that the app and the worker share. */

import { defineSchema } from "@sh1n4ps/plasma-core";
import { invites } from "./tables/invites.ts";
import { lists, members, users } from "./tables/membership.ts";
import { todos } from "./tables/todos.ts";

/** Bump it when the meaning of a table or a mutator changes; see `acceptSchemaVersions` for additive changes. */
export const SCHEMA_VERSION = "1";

export const schema = defineSchema({ users, lists, members, invites, todos });
